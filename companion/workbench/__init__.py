"""What a composer does with a file: read, made anew or added to, written.

source       a file of music, of whatever kind, as a song
jobs         a composition about to be made of a file, as it is asked for
phrases      the phrases of new bars, as they are asked for
asked        chords and closes, as they are asked for and as a file has them
bars         the bars of a tune, and a tune of which only some are taken
chord_track  the chord symbols of a file
outputs      the files that are written, and what is in them
trace        what a model thought, as JSON
"""
