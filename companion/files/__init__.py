"""Files that are read and written whole.

midi         standard MIDI files ↔ songs
metaevents   the texts and numbers of a MIDI file's meta events
writing      outputs that replace nothing unasked, and are whole or not there
"""
