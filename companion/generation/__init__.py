"""Frames from a model.

generator    one frame after another; a *decoder state* is all that the next one depends on
closes       how music is brought to a close, and which of several endings is the best
composer     a file's phrase continued or harmonised
improviser   a jam's frames, planned and planned anew
forms        the phrases of a jam's answer, and the way through them
following    what an answer takes from its phrase
velocity     how loud a note is
"""
