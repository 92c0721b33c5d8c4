"""Which voice a Voice plays: what is picked, else what its track is called; who else plays it; who is there at all."""

from __future__ import annotations

from max_patches.hubnames import text_of
from max_patches.names import GROUPS, PART, VOICES, shared_name
from max_patches.patcher import Box, Patcher
from max_patches.voicenames import CHOSEN, DOUBLED, GROUP, HAS_PART, LATER, ON, PART_NOW, READY, VOICE

CALL_MS = 1000  # how often a Voice tells the others of its part
DOUBLE_MS = 2500  # so long another one of the same part is believed to be there
NO_PART = "No voice: name the track"


def part_chosen(room: Patcher) -> None:
    """The part that is picked, or else the one that the track's name says; the last word of it that is one counts."""
    observer = room.add("live.observer name")
    path = room.receive(READY) >> room.message("goto this_device canonical_parent") >> room.add("live.path")
    path >> observer.inlet(1)
    said, told = observer >> room.add("t b l 0"), room.add("i")
    said[2] >> told.inlet(1)
    word = said[1] >> room.add("tosymbol") >> room.add("fromsymbol") >> room.add("zl.iter 1") >> room.add("t l l l l")
    said[0] >> told
    for place, voice in enumerate(VOICES):
        known = word[place] >> room.add(f"sel {voice} {voice.lower()} {voice.upper()} {voice[0]}")
        number = room.message(str(place + 1))
        for outlet in range(4):
            known[outlet] >> number
        number >> told.inlet(1)
    part = room.add("expr ($i1 > 0) * $i1 + ($i1 == 0) * $i2")
    by_track = told >> room.add("t b i")
    by_track[1] >> part.inlet(1)
    by_track[0] >> part
    room.receive(CHOSEN) >> part
    changed = part >> room.add("change -1") >> room.add("t b i i i")
    changed[3] >> room.send(PART_NOW)
    changed[2] >> room.add("- 1") >> room.add("clip 0 3") >> room.send(VOICE)
    changed[1] >> room.add("> 0") >> room.send(HAS_PART)
    changed[0] >> room.send(LATER)


def doubles(room: Patcher) -> None:
    """Each Voice that plays says its part and a number of its own; two of one part know of each other by that."""
    drawn, call, other = room.add("i"), room.add("pack 0 0"), room.add("!= 0")
    number = room.receive(READY) >> drawn >> room.add("sel 0") >> room.add("random 1000000") >> room.add("+ 1")
    own = number >> room.add("t i i i")
    own[2] >> drawn.inlet(1)
    own[1] >> call.inlet(1)
    own[0] >> other.inlet(1)
    part, calling, groups = room.add("i"), room.add("gate 1"), room.add(f"gate {len(GROUPS)}")
    heard = room.add(f"switch {len(GROUPS)}")
    chosen = room.receive(GROUP) >> room.add("t i i")
    chosen[1] >> heard
    chosen[0] >> groups
    plays, hearing = room.receive(ON) >> room.add("t i i"), room.add("gate 1")
    plays[1] >> hearing
    plays[0] >> calling
    beat = room.add(f"qmetro {CALL_MS} @active 1") >> room.add("t b b")
    beat[1] >> calling.inlet(1)
    calling >> part >> call >> groups.inlet(1)
    for place, group in enumerate(GROUPS):
        groups[place] >> room.send(shared_name(group, PART))
        room.receive(shared_name(group, PART)) >> heard.inlet(place + 1)
    same, both, when = room.add("== 0"), room.add("&& 0"), room.add(f"f -{DOUBLE_MS}.")
    heard >> hearing.inlet(1)
    told = hearing >> room.add("unpack 0 0")
    told[1] >> other >> both.inlet(1)
    told[0] >> same >> both >> room.add("sel 1") >> room.add("cpuclock") >> when.inlet(1)
    mine = room.receive(PART_NOW) >> room.add("t i i b")
    mine[2] >> room.message(f"-{DOUBLE_MS}.") >> when.inlet(1)
    mine[1] >> part.inlet(1)
    mine[0] >> same.inlet(1)
    now, since = room.add("cpuclock"), room.add("- 0.")
    asked = beat[0] >> room.add("t b b")
    asked[1] >> when >> since.inlet(1)
    asked[0] >> now >> since >> room.add(f"expr $f1 < {DOUBLE_MS}.") >> room.send(DOUBLED)


def shown(patch: Patcher, part: Box) -> None:
    """Which part, and whether it is the only one of it; drawn in the queue."""
    said = patch.add(f"expr $i1 + {len(VOICES)} * $i2 * ($i1 > 0)")
    patch.receive(PART_NOW) >> said
    doubled = patch.receive(DOUBLED) >> patch.add("change") >> patch.add("t b i")
    doubled[1] >> said.inlet(1)
    doubled[0] >> said
    texts = (NO_PART, *VOICES, *(f"Two play {voice}" for voice in VOICES))
    place = said >> patch.add("deferlow") >> patch.add(f"sel {' '.join(str(one) for one in range(len(texts)))}")
    for outlet, text in enumerate(texts):
        place[outlet] >> patch.message(f"set {text}") >> part


def there(room: Patcher, group: str) -> None:
    """For the Hub: which voices have called within the time that one is believed to be there, told each second.

    Args:
        room: where it is made.
        group: the local name that says which group is the Hub's, 1 to 4.
    """
    heard = room.add(f"switch {len(GROUPS)}")
    room.receive(group) >> heard
    for place, letter in enumerate(GROUPS):
        room.receive(shared_name(letter, PART)) >> heard.inlet(place + 1)
    parts = heard >> room.add("unpack 0 0") >> room.add(f"sel {' '.join(str(one + 1) for one in range(len(VOICES)))}")
    asked = room.add(f"qmetro {CALL_MS} @active 1") >> room.add(f"t {'b ' * len(VOICES)}")
    for place, voice in enumerate(VOICES):
        when, since = room.add(f"f -{DOUBLE_MS}."), room.add("- 0.")
        parts[place] >> room.add("cpuclock") >> when.inlet(1)
        each = asked[place] >> room.add("t b b")
        each[1] >> when >> since.inlet(1)
        now = each[0] >> room.add("cpuclock") >> since >> room.add(f"expr $f1 < {DOUBLE_MS}.") >> room.add("change")
        known, shown = now >> room.add("sel 0 1"), room.send(text_of(f"voice{place + 1}"))
        known[0] >> room.message(f"({voice[0]})") >> shown
        known[1] >> room.message(voice[0]) >> shown
