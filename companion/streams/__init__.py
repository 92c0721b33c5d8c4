"""What a jam thinks, told while it plays, to whoever makes pictures or tables of it.

stream     what every stream is told
choices    what each note was drawn from, over OSC, as it sounds
lines      a file that grows while music is played
trace      the trace of a jam, a line a frame
"""
