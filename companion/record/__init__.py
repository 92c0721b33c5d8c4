"""What a jam leaves behind.

log          every event of a jam, a line each
rows         what a line of a log may hold
take         a log's music as a MIDI file
recorder     the files of a jam: named, saved, recovered
"""
