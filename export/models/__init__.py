"""One file an architecture; its name is the file's.

registry     building a model by name
symbols      what models of one line of symbols share
layers       layers and states that architectures share
bach         a frame clock and a note clock
gru          two GRUs
teacher      the same, told more
biaxial_lstm  LSTMs along time for every key, then along the keys
transformer  one block of attention

``melodies/`` holds those that sing a tune alone. Systems that others published:

attention_gru         attention over the notes before, then GRUs, in one key
conv_lstm             causal convolutions, then an LSTM
gru_onehot            three small GRUs, which end a piece by themselves
transformer_absolute  one decoder layer with learned positions
markov                a chain of chords
"""
