"""From crops of pieces to weights.

crops        crops and batches
cuts         what a crop may be told besides its music
rolls        crops and batches of rolls of keys, and what they cost
habits       how a model hears music
published    how the authors of other models trained them
losses       what is minimised
fit          a run, with checkpoints
distribution  several devices and hosts
run_folder   what a run writes, by one process alone and in one move
quiet        TensorFlow without the lines that it says at its start
progress     what a run shows
teaching     models taught by others
imagining    pieces that models imagine
recipe       the runs by which shipped models were made, and where they lie
"""
