"""What a composer does with a file: read, made anew or added to, written.

source       a file of music, of whatever kind, as a song
kinds        which kinds of files are read and written, by their endings
jobs         a file about to be continued or harmonised, as it is asked for
anew         bars of a file about to be made anew
outputs      the files that are written, and what is in them
places       where what is made of files stands
kept         what a song holds beside its notes, in the voices that its tracks became
sheets       the score of a job
programs     the sounds of General MIDI
traits       what can be counted in what was composed
variations   several of one file, ranked, and what differs
summary      what was heard and made, for people, the trace and the file
trace        what a model thought, as JSON
table        the same as a table, a row a note
"""
