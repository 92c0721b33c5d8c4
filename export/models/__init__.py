"""One file an architecture; its name is the file's.

registry     building a model by name
layers       layers and states that architectures share
bach         a frame clock and a note clock
gru          two GRUs
teacher      the same, told more
transformer  one block of attention

melody_basic      a tune's events by two LSTMs
melody_lookback   the same, told of one and two bars ago
melody_attention  the same, looking back at its last steps
"""
