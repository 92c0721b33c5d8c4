"""Where the music is: one protocol, four clocks.

base         what every clock is, and what it tells
table        the clocks by name
addresses    steps of the music ↔ positions of the song
tap          a tempo that is tapped
tempo        how slow and how fast the music may be
internal     the companion's own tempo
midi         a MIDI clock that is followed
ticks        a straight line through noisy clock ticks
transport    Live's position, as the Max device reports it over OSC
link         Ableton Link
"""
