"""Frames from a model.

generator    one frame after another; a *decoder state* is all that the next one depends on
between      steps that no model is asked for
closes       how music is brought to a close, and which of several endings is the best
asked        the chords and closes that a composer asks for
composer     a phrase continued or harmonised
blanks       bars and voices that are made anew, and the notes that are kept
gap          such bars as a gap: what is known around it, and what its frames are asked to be
rewriting    what fills a gap: several tries, of which the best is kept
job          a composition about to be made, of a file or a clip
improviser   a jam's frames, planned and planned anew
forms        the phrases of a jam's answer, and the way through them
following    what an answer takes from its phrase
velocity     how loud a note is
"""
