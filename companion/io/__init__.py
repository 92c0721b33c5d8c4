"""The outside: MIDI and OSC. Import its files, not this face: they load drivers.

midi_bindings  python-rtmidi and rtmidi2 behind one protocol
midi_driver    the binding and system API that work here
port_names     which port is meant by a name
midi_ports     ports by name, opened again when they come back
round_trip     how long a note takes from an output to an input
events         what becomes of ports
feedback       echoes of our own notes
osc_messages   every address of the protocol, read and written
clip_messages  what is said of clips, in chunks
choice_messages  what is said of choices, for pictures
osc_port       datagrams in and out
inbox          what has arrived and waits, little of it
osc_peer       whether the other end is there
"""
