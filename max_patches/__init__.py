"""The Max for Live devices: what they are made of, the generator that writes them, the checks that need no Max.

    names     groups, ports, what the devices of a group share
    objects   every Max object that is used: its inlets, outlets and threads, from its reference page
    patcher   boxes, cords, rooms: a patch as data
    faces     parameters and everything that is seen
    pages     one of several pages of a face is seen at a time
    presses   what counts as a press of a button
    hub, voice                 the devices; beside them their rooms, faces, controls and inner names
    amxd      the bytes of a device file
    build     writes devices/ and pictures/
    reading   a device file, read back
    checks    what can be known of a device without Max; facechecks and waychecks are its parts
    picture   a device's face as SVG

Nothing here needs more than the standard library, and nothing of the companion's: the protocol in
``docs/protocol.md`` is what both keep.
"""
