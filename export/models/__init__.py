"""One file an architecture; its name is the file's.

registry     building a model by name
layers       layers and states that architectures share
bach         a frame clock and a note clock
gru          two GRUs
teacher      the same, told more
biaxial_lstm  LSTMs along time for every key, then along the keys
transformer  one block of attention
"""
