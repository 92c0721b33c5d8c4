"""What a composer asks of new music, in a composer's words: bars, phrases, chords, closes.

phrases      the phrases of new bars, as they are asked for
asked        chords and closes, as they are asked for and as a file has them
bars         the bars of a tune, and a tune of which only some are taken
chord_track  the chord symbols of a file
"""
