"""From a model's logits to one note.

draw         temperature, top-p, and the draw
threshold    the first key from below that is likely enough
rules        part-writing: what is forbidden or discouraged
harmony      whole chords, and chords of a close
joining      how voices come to notes that are known
lookahead    room for the voices still to come
course       how the voices have gone of late, and where they are at home
following    after a phrase in pace and motif, and near to home
styles       named sets of all that
"""
