"""From crops of pieces to weights.

crops        crops and batches
losses       what is minimised
fit          a run, with checkpoints
progress     what a run shows
teaching     models taught by others
imagining    pieces that models imagine
recipe       the runs by which the shipped model was made
workshop     where a recipe's runs and files lie
"""
