"""Sets of chorales, and the leaks kept out of them; folk songs to play to a jam.

pieces       a piece, and files of pieces
corpus       music21's Bach corpus
folksongs    tunes of music21's Essen folk songs
jsb          the JSB chorales in CSV form
folder       a folder of MIDI files
rolls        any MIDI files as rolls of keys
likeness     which pieces are alike in any key
by_heart     the tunes of pieces, and what they recall of each other
prepare      all sets of chorales, made and checked
tunes        tunes of one voice, of songs and of chorales
prepare_tunes  sets of them
"""
