"""The patches to open: one for people, one for programs.

``chorale.pd``            a Hub and its four Voices, group A
``chorale-headless.pd``   the same with ``[chorale-remote A]``, which is played and watched over OSC
"""

from __future__ import annotations

from max_patches.pd import hub, voice
from max_patches.pd.names import COMMAND, REPORT, shared
from max_patches.pd.patch import Patch

GROUP = "A"


def build() -> Patch:
    """For people."""
    patch = Patch(hub.WIDTH + 40, hub.HEIGHT + 260)
    patch.obj(20, 20, f"chorale-hub {GROUP}")
    for number in range(4):
        patch.obj(20, 30 + hub.HEIGHT + (voice.HEIGHT + 4) * number, f"chorale-voice {number + 1} {GROUP}")
    lines = (
        "In a terminal: chorale jam --no-midi --clock osc. Then it says online above.",
        "Keyboard and synth: Media, MIDI settings. The voices are on MIDI channels 1 to 4.",
        "Press play, for the clock is here. Play a phrase and let go: four voices answer.",
    )
    for number, line in enumerate(lines):
        patch.text(20, 40 + hub.HEIGHT + 4 * (voice.HEIGHT + 4) + 20 * number, line, 92)
    return patch


def build_headless() -> Patch:
    """For programs."""
    patch = Patch(420, 260)
    patch.text(20, 10, "Played over OSC: see chorale-remote.pd.", 60)
    patch.obj(20, 40, f"chorale-hub {GROUP}")
    for number in range(4):
        patch.obj(20, 80 + 25 * number, f"chorale-voice {number + 1} {GROUP}")
    patch.obj(20, 200, f"chorale-remote {GROUP}")
    return patch


def build_remote() -> Patch:
    """``[chorale-remote GROUP]``: a Hub's words come in as ``/twin/WORD``, what it reports goes out likewise."""
    patch = Patch(620, 300)
    patch.text(
        20, 5, "Over OSC: /twin/play 1 does what the message play 1 to the Hub does; the Hub reports /twin/tick 4", 100
    )
    patch.text(20, 25, "and so on. Its ports: chorale-GROUP-remote listen PORT HOST, and connect HOST PORT.", 100)
    wire = patch.obj(20, 120, "chorale-wire twin")
    patch.receive(20, 75, shared(REPORT)) >> wire
    patch.receive(200, 75, shared("remote")) >> wire(1)
    patch.text(
        20, 45, "Besides: /twin/noteout PITCH VELOCITY CHANNEL, and /twin/touch NAME VALUE for what has a name.", 100
    )
    route = patch.obj(20, 150, "route noteout touch")
    wire >> route
    route[0] >> patch.obj(20, 175, "noteout")
    touched, name, value = (
        patch.obj(120, 230, "s"),
        patch.obj(180, 205, "list split 1"),
        patch.obj(120, 205, "list split 1"),
    )
    name >> touched(1)
    value[1] >> touched
    route[1] >> patch.then(120, 175, "aa", name, value)
    route[2] >> patch.send(280, 175, COMMAND)
    told = patch.prepend(380, 120, "realtime")
    patch.obj(380, 75, "midirealtimein") >> told
    told >> patch.send(380, 175, shared(REPORT))
    return patch
