"""Where phrases end: how well a jam hears it, and what it hears it by.

marks     folk songs whose phrases are marked
hands     how they are played
ends      ends of phrases that a jam hears, too soon and too late
quiet    nothing in place of the music that a jam would answer with
learning  what tells for an end, counted
"""
