"""Notes sent in time, and every one of them let go.

messages     what the player is told, and what it tells
player       frames in, MIDI messages out
port         the output, and what sounds on it
click        the beats of a metronome
clock_out    MIDI clock for other devices
clock_port   the output that it goes out on
held_notes   which notes sound, and whose they are
channel_state  pedals, bends and programs of its channels
lateness     how late messages were
loop         waiting for the next deadline
process      all of it in a process of its own
lasting      another one where that has been killed
"""
