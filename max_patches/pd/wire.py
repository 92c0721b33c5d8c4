"""``[chorale-wire PREFIX]``: OSC over UDP. ``mode duet`` leaves as ``/PREFIX/mode duet``, and the same backwards."""

from __future__ import annotations

from max_patches.pd.patch import Box, Patch


def build() -> Patch:
    """The abstraction."""
    patch = Patch(560, 420)
    patch.text(20, 10, "OSC over UDP, all of it under one prefix, the argument.")
    patch.text(20, 30, "First inlet: what is sent, as in: mode duet. Outlet: what arrives.")
    patch.text(20, 50, "Second inlet: connect HOST PORT, disconnect, listen PORT [HOST].")
    route = patch.obj(300, 115, "route listen")
    patch.obj(300, 90, "inlet") >> route
    route[1] >> _out(patch)
    heard = route >> patch.prepend(300, 140, "listen") >> patch.obj(300, 200, "netreceive -u -b")
    (
        heard
        >> patch.obj(300, 225, "oscparse")
        >> patch.obj(300, 250, "list trim")
        >> patch.obj(300, 275, "route $1")
        >> (patch.obj(300, 390, "outlet"))
    )
    return patch


def _out(patch: Patch) -> Box:
    """From the first inlet to the network."""
    twice = patch.obj(20, 140, "t l l")
    address, arguments = patch.obj(140, 170, "list split 1"), patch.obj(20, 170, "list split 1")
    write, out = patch.obj(20, 260, "oscformat"), patch.obj(20, 390, "netsend -u -b")
    patch.obj(20, 90, "inlet") >> patch.obj(20, 115, "list append") >> twice
    twice[1] >> address >> patch.prepend(140, 195, "set $1") >> write
    twice[0] >> arguments
    arguments[1] >> write
    write >> patch.prepend(20, 300, "send") >> out
    return out
