"""Where the music is: one protocol, four clocks.

base         the protocol, and what a clock tells
internal     the companion's own tempo
midi         a MIDI clock that is followed
ticks        a straight line through noisy clock ticks
transport    Live's position, as the Max device reports it over OSC
link         Ableton Link
"""
