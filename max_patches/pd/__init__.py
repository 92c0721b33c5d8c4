"""The Pure Data twin of the devices: Hub and Voice for people without Max, and an independent client for tests.

    patch       boxes and cords of Pure Data, written as a file
    transport   play, stop, tempo, position, loop, MIDI clock
    wire        OSC over UDP under one prefix
    hub         the companion's other side: handshake, frames, controls, keys
    voice       plays one voice of the frames
    jam         the windows to open
    build       writes the .pd files beside it

Pd vanilla from 0.50 on, no externals. See ``docs/pure-data.md``.
"""
