"""The Max for Live devices: what they are made of, the generator that writes them, the checks that need no Max.

    names     groups, ports, what the devices of a group share
    objects   every Max object that is used: its inlets, outlets and threads, from its reference page
    patcher   boxes, cords, rooms: a patch as data
    faces     parameters and everything that is seen
    hub, voice                 the devices, one file each
    amxd      the bytes of a device file
    build     writes devices/ and pictures/
    checks    what can be known of a device without Max
    picture   a device's face as SVG

Nothing here needs more than the standard library, and nothing of the companion's: the protocol in
``docs/protocol.md`` is what both keep.
"""
