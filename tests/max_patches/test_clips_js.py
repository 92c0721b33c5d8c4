"""The script of Chorale Clip, in Node, against a Live that behaves as its pages say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.clipscript import (
    SCRIPT,
    VOICES,
    ClipScript,
    Data,
    choose,
    clip,
    clip_device,
    live_set,
    note,
    track,
    voice_device,
)

from companion.io.clip_messages import CHUNK_NOTES, LONGEST_CLIP_BEATS, MOST_CLIP_NOTES
from max_patches.clip import CHOOSE

pytestmark = pytest.mark.peers

TUNE = tuple(note(60 + place % 5, place / 2, 0.5, velocity=80.0) for place in range(30))
NOTHING = ": nothing was written"


def with_clip(given: Data | None = None, scene: int = 1, source: Data | None = None) -> Data:
    given = live_set() if given is None else given
    given["tracks"][0]["slots"][scene] = clip(*TUNE) if source is None else source
    return given


def begin(script: ClipScript) -> None:
    """The Hub is online."""
    script.tell("online", 1)
    assert script.lines == [CHOOSE]
    script.lines.clear()
    script.take()


@pytest.fixture
def script() -> Iterator[ClipScript]:
    with ClipScript(with_clip(), choose(0, 1)) as one:
        begin(one)
        yield one


def before(script: ClipScript) -> str:
    return json.dumps(script.set)


def sent_clip(script: ClipScript) -> int:
    """Asks for four voices, and acknowledges all; the request."""
    script.tell("press", "harmonise")
    request: int = script.take_words("ask")[0][0]
    for chunk in range(4):
        script.tell("heard", request, chunk)
    script.take()
    return request


def answer(
    script: ClipScript, request: int, voices: int = 4, notes: int = 16, length: float = 16.0, drop: int = 0
) -> None:
    """An answer, all but one of its chunks."""
    every = [(place % voices + 1, 60 + place, float(place), 1.0, 90) for place in range(notes)]
    chunks = [every[at : at + CHUNK_NOTES] for at in range(0, notes, CHUNK_NOTES)]
    for chunk, part in reversed(list(enumerate(chunks, start=1))):
        if chunk != drop:
            script.tell("notes", request, chunk, *(value for one in part for value in one))
    script.tell("answer", request, notes, length, "G major seed 7 14:05")


def test_limits_are_those_of_the_protocol() -> None:
    script = SCRIPT.read_text("utf-8")
    limits = f"MOST_NOTES = {MOST_CLIP_NOTES}, LONGEST_BEATS = {LONGEST_CLIP_BEATS:g}, CHUNK_NOTES = {CHUNK_NOTES};"
    assert limits in script


def test_the_notes_of_the_chosen_clip_go_out_in_chunks(script: ClipScript) -> None:
    script.tell("press", "harmonise")
    (address, request, *wish) = script.take()[0]
    assert (address, wish) == ("/chorale/clip/ask", ["harmonise", 30, 16, 4, 4, 4, 0])
    script.tell("heard", request, 0)
    parts = script.take_words("part")
    assert [part[:2] for part in parts] == [[request, 1], [request, 2], [request, 3]]
    values = [value for part in parts for value in part[2:]]
    assert values == [value for one in TUNE for value in (one["pitch"], one["start_time"], one["duration"], 80)]
    assert script.calls == []


def test_only_the_loop_counts_and_only_what_sounds() -> None:
    source = clip(
        note(60, 0.0), note(62, 4.0, mute=1), note(64, 5.5, velocity=0.4), note(65, 12.0), begin=4, end=12, beats=3
    )
    with ClipScript(with_clip(source=source), choose(0, 1)) as script:
        begin(script)
        script.tell("bars", 8)
        script.take()
        script.tell("press", "continue")
        (_, request, *wish) = script.take()[0]
        assert wish == ["continue", 1, 8, 3, 4, 8, 0]
        script.tell("heard", request, 0)
        assert script.take_words("part") == [[request, 1, 64, 1.5, 1, 1]]


@pytest.mark.parametrize("habits", [{}, {"splitNames": True}, {"textIds": True}, {"askedPaths": True}])
def test_four_clips_come_beside_the_original(habits: dict[str, bool]) -> None:
    with ClipScript(with_clip(), choose(0, 1), **habits) as script:
        begin(script)
        original = json.dumps(script.slots(1)["Piano"])
        request = sent_clip(script)
        script.tell("working", request, 16, 64)
        assert script.lines[-1] == "Working: 25 %"
        answer(script, request)
        assert script.lines[-1] == "Written: G major seed 7 14:05, scene 2"
        row = script.slots(1)
        assert json.dumps(row["Piano"]) == original
        for place, name in enumerate(VOICES):
            made = row[name]
            assert made is not None
            assert (made["name"], made["end"]) == ("G major seed 7 14:05", 16)
            assert [one["pitch"] for one in made["notes"]] == list(range(60 + place, 76, 4))
        assert [call[0] for call in script.calls] == ["create_clip", "add_new_notes"] * 4
        assert script.console == []


def test_all_that_arrives_has_its_receipt_and_nothing_is_written_twice(script: ClipScript) -> None:
    request = sent_clip(script)
    answer(script, request)
    answer(script, request)
    assert sorted(script.take_words("got")) == [[request, chunk] for chunk in (0, 0, 1, 1, 2, 2)]
    assert len(script.calls) == 8


def test_nothing_is_written_before_the_last_note_is_there(script: ClipScript) -> None:
    request = sent_clip(script)
    answer(script, request, drop=1)
    assert script.calls == []
    script.tell("notes", request, 1, *(value for place in range(12) for value in (place % 4 + 1, 60, 0.0, 1.0, 90)))
    assert len(script.calls) == 8


def test_lost_chunks_are_sent_again_and_then_it_asks_how_far_it_is(script: ClipScript) -> None:
    script.tell("press", "harmonise")
    (_, request, *_) = script.take()[0]
    for _ in range(2):
        script.tell("tick")
    assert [message[0][14:] for message in script.take()] == ["ask"]
    script.tell("heard", request, 0)
    script.tell("heard", request, 2)
    script.take()
    for _ in range(2):
        script.tell("tick")
    assert [part[1] for part in script.take_words("part")] == [1, 3]
    script.tell("heard", request, 1)
    script.tell("heard", request, 3)
    for _ in range(8):
        script.tell("tick")
    assert [message[0][14:] for message in script.take()].count("ask") == 1


def test_a_receipt_that_comes_twice_is_one(script: ClipScript) -> None:
    script.tell("press", "harmonise")
    request = script.take_words("ask")[0][0]
    for _ in range(3):
        script.tell("heard", request, 0)
    script.tell("tick")
    script.tell("tick")
    assert [part[1] for part in script.take_words("part")] == [1, 2, 3, 1, 2, 3]


def test_the_same_clip_again_is_another_turn(script: ClipScript) -> None:
    turns = []
    for _ in range(2):
        script.tell("press", "harmonise")
        turns.append(script.take_words("ask")[-1][-1])
        script.tell("tick")
    script.tell("press", "continue")
    assert [*turns, script.take_words("ask")[-1][-1]] == [0, 1, 0]


def test_another_press_drops_the_first_wish_and_a_double_one_is_one(script: ClipScript) -> None:
    first = sent_clip(script)
    script.tell("tick")
    script.tell("press", "harmonise")
    script.tell("press", "harmonise")
    sent = script.take()
    assert [message[0][14:] for message in sent] == ["drop", "ask"]
    assert sent[0][1] == first
    answer(script, first)
    assert script.calls == []


def test_a_device_on_the_track_counts_for_more_than_its_name() -> None:
    tracks = [
        track("Piano"),
        track("Alto", voice_device(0)),
        track("2 Bass"),
        track("Soprano", voice_device(1)),
        track("t"),
        track("other", voice_device(2, group=1)),
    ]
    with ClipScript(with_clip(live_set(*tracks)), choose(0, 1)) as script:
        begin(script)
        answer(script, sent_clip(script))
        pitches = {name: one["notes"][0]["pitch"] for name, one in script.slots(1).items() if one and name != "Piano"}
        assert pitches == {"Alto": 60, "Soprano": 61, "t": 62, "2 Bass": 63}


def test_a_device_without_a_voice_of_its_own_has_its_tracks() -> None:
    labels = ("Track", *VOICES)
    tracks = [track("Piano"), *(track(name, voice_device(0, labels=labels)) for name in VOICES)]
    tracks[4] = track("Strings", voice_device(4, labels=labels))
    with ClipScript(with_clip(live_set(*tracks)), choose(0, 1)) as script:
        begin(script)
        answer(script, sent_clip(script))
        made = {name: one["notes"][0]["pitch"] for name, one in script.slots(1).items() if one and name != "Piano"}
        assert made == {"Soprano": 60, "Alto": 61, "Tenor": 62, "Strings": 63}


def test_the_first_scene_from_the_clips_own_where_all_four_are_free() -> None:
    given = with_clip()
    given["tracks"][3]["slots"][1] = clip()
    with ClipScript(given, choose(0, 1)) as script:
        begin(script)
        answer(script, sent_clip(script))
        assert script.lines[-1].endswith("scene 3")


@pytest.mark.parametrize("asked", [False, True])
def test_a_clip_of_the_arrangement_has_no_scene_of_its_own(asked: bool) -> None:
    given = with_clip(scene=2)
    with ClipScript(given, "set.detail = {...set.tracks[0].slots[2]};", askedPaths=asked) as script:
        begin(script)
        answer(script, sent_clip(script))
        assert script.lines[-1].endswith("scene 1")


# Rewriting: what is selected, with the four voices around it

TUNES = {"Soprano": 72, "Alto": 67, "Tenor": 60, "Bass": 48}


def four_clips(**alto: Any) -> Data:
    """Eight bars of quarters in each voice; alto: more properties of its clip."""
    given = live_set()
    for place, (name, pitch) in enumerate(TUNES.items(), start=1):
        notes = [note(pitch + beat % 3, beat, 1.0, velocity=60.5 + place) for beat in range(32)]
        given["tracks"][place]["slots"][1] = clip(*notes, end=32.0, **(alto if name == "Alto" else {}))
    return given


def lying(script: ClipScript, scene: int) -> dict[str, Data]:
    """The clips of a scene, by track."""
    return {name: one for name, one in script.slots(scene).items() if one}


def asked(script: ClipScript) -> tuple[list[Any], list[list[Any]]]:
    """Presses; the wish, and the notes that go with it, all of them received."""
    script.tell("press", "rewrite")
    wishes = script.take_words("ask")
    if not wishes:
        return [], []
    (wish,) = wishes
    script.tell("heard", wish[0], 0)
    notes = []
    for _ in range(40):
        for request, chunk, *values in script.take_words("voiced"):
            assert request == wish[0] and len(values) <= 6 * CHUNK_NOTES
            notes += [values[at : at + 6] for at in range(0, len(values), 6)]
            script.tell("heard", request, chunk)
    return wish, notes


def rewritten(script: ClipScript, wish: list[Any], sung: list[list[Any]], name: str) -> None:
    """The companion's answer: these notes, of voices from 1 on."""
    for chunk, at in enumerate(range(0, len(sung), CHUNK_NOTES), start=1):
        script.tell("notes", wish[0], chunk, *(value for one in sung[at : at + CHUNK_NOTES] for value in one))
    script.tell("answer", wish[0], len(sung), wish[3], name)


SELECTED = {"selected": list(range(16, 24))}  # bars 5 and 6


@pytest.mark.parametrize("looped", [False, True], ids=["selected", "loop"])
@pytest.mark.parametrize("habits", [{}, {"splitNames": True}, {"textIds": True}, {"askedPaths": True}])
def test_the_selection_goes_out_with_the_four_voices(looped: bool, habits: dict[str, bool]) -> None:
    given = four_clips() if looped else four_clips(**SELECTED)
    for place in range(1, 5) if looped else ():
        given["tracks"][place]["slots"][1].update(begin=16, end=24.0, start=0, stop=32.0)
    with ClipScript(given, choose(2, 1), **habits) as script:
        begin(script)
        wish, notes = asked(script)
        assert wish[1:] == ["rewrite", 128, 32, 4, 4, 4, 0, 16, 24, 1]
        expected = [
            [voice, int(voice == 2 and 16 <= beat < 24), pitch + beat % 3, beat, 1, round(60.5 + voice)]
            for voice, pitch in enumerate(TUNES.values(), start=1)
            for beat in range(32)
        ]
        assert [one[:5] for one in notes] == [one[:5] for one in expected]
        assert script.calls == []


def test_all_else_comes_back_as_it_was_with_what_live_knows_of_it() -> None:
    given = four_clips(**SELECTED)
    tenor = given["tracks"][3]["slots"][1]["notes"]
    tenor[2] = note(60, 2.0003, 0.9001, velocity=71.25, probability=0.5, velocity_deviation=-8.0, release_velocity=30.0)
    tenor.append(note(40, 5.0, 2.0, mute=1))
    given["tracks"][2]["slots"][1]["notes"].append(note(69, 16.5, 1.0, mute=1))  # where the new alto sings it
    with ClipScript(given, choose(2, 1)) as script:
        begin(script)
        originals = json.dumps(script.slots(1))
        wish, notes = asked(script)
        kept = [
            [
                voice,
                pitch,
                round(start * 960) / 960,
                round((start + duration) * 960) / 960 - round(start * 960) / 960,
                80,
            ]
            for voice, chosen, pitch, start, duration, _ in notes
            if not chosen
        ]
        new = [[2, 69, 16.0, 4.0, 77], [2, 71, 20.0, 4.0, 78]]
        rewritten(script, wish, kept + new, "bars 5-6, alto anew, seed 7 14:05")
        assert script.lines[-1] == "Written: bars 5-6, alto anew, seed 7 14:05, scene 3"
        assert json.dumps(script.slots(1)) == originals
        made, was = lying(script, 2), lying(script, 1)
        for name in ("Soprano", "Tenor", "Bass"):
            before = [{"velocity": 100, "mute": 0, **one} for one in was[name]["notes"]]
            assert made[name]["notes"] == sorted(before, key=lambda one: one["mute"])
        alto = [one for one in was["Alto"]["notes"][:32] if not 16 <= one["start_time"] < 24]
        assert made["Alto"]["notes"] == [
            *({"velocity": 100, "mute": 0, **one} for one in alto),
            {"pitch": 69, "start_time": 16, "duration": 4, "velocity": 77},
            {"pitch": 71, "start_time": 20, "duration": 4, "velocity": 78},
        ]
        assert {one["end"] for one in made.values()} == {32}
        assert script.console == []


def test_one_clip_with_all_voices_is_dealt_out_by_the_companion() -> None:
    chords = [note(pitch, float(beat)) for beat in range(8) for pitch in (72, 67, 64, 48)]
    source = clip(*chords, end=8.0, selected=[17, 21])  # the altos of beats 4 and 5
    with ClipScript(with_clip(source=source), choose(0, 1)) as script:
        begin(script)
        wish, notes = asked(script)
        assert wish[1:] == ["rewrite", 32, 8, 4, 4, 4, 0, 4, 6, 1]
        assert {one[0] for one in notes} == {0}
        assert [one[2:4] for one in notes if one[1]] == [[67, 4], [67, 5]]
        same = [
            [place % 4 + 1, pitch, start, duration, 80] for place, (_, _, pitch, start, duration, _) in enumerate(notes)
        ]
        rewritten(script, wish, same, "beats 2.1-2.2, alto anew, seed 7 14:05")
        row = lying(script, 1)
        assert {name: [one["pitch"] for one in row[name]["notes"]] for name in VOICES} == {
            name: [pitch] * 8 for name, pitch in zip(VOICES, (72, 67, 64, 48), strict=True)
        }
        assert row["Alto"]["notes"][0]["velocity"] == 100  # as it was, and not as it came back


def test_clips_go_together_from_where_they_start() -> None:
    """The alto's clip starts at its fifth beat and lasts for two bars; the soprano's is longer and has an upbeat."""
    given = live_set()
    sings = {"Soprano": (0, -1, 11), "Alto": (4, 4, 12), "Tenor": (0, 0, 8), "Bass": (0, 0, 8)}
    for place, (name, (start, first, stop)) in enumerate(sings.items(), start=1):
        line = [note(60 + place, float(beat)) for beat in range(first, stop)]
        more = {"begin": first, "start": start, "loops": name != "Tenor"}
        given["tracks"][place]["slots"][1] = clip(*line, end=float(stop), **more)
    given["tracks"][2]["slots"][1]["selected"] = [3]
    with ClipScript(given, choose(2, 1)) as script:
        begin(script)
        wish, notes = asked(script)
        assert wish[1:] == ["rewrite", 36, 15, 4, 4, 4, 0, 7, 8, 1]
        assert {voice: [one[3] for one in notes if one[0] == voice] for voice in (1, 2, 3)} == {
            1: list(range(3, 15)),
            2: list(range(4, 12)),
            3: list(range(4, 12)),
        }
        rewritten(script, wish, [[voice, *rest[:-1], 80] for voice, _, *rest in notes], "name")
        made = script.slots(2)["Soprano"]
        assert made is not None and made["end"] == 15
        assert [(one["start_time"], one["velocity"]) for one in made["notes"]] == [(beat, 100) for beat in range(3, 15)]


def test_bars_are_counted_as_in_lives_ruler() -> None:
    given = four_clips(begin=16, start=16, selected=[20])
    for track_of in given["tracks"][1:]:
        track_of["slots"][1].update(begin=16, start=16, beats=3)
    with ClipScript(given, choose(2, 1)) as script:
        begin(script)
        wish, _ = asked(script)
        assert wish[3:5] == [17, 3] and wish[8:] == [5, 6, 6]  # from 15, where the sixth bar of three begins


def test_another_selection_is_another_wish_and_the_same_another_turn() -> None:
    with ClipScript(four_clips(**SELECTED), choose(2, 1)) as script:
        begin(script)
        turns = []
        for selected in ([1], [1], [2]):
            script.change(f"set.tracks[2].slots[1].selected = {selected};")
            script.tell("press", "rewrite")
            turns.append(script.take_words("ask")[-1][7])
            script.tell("tick")
        assert turns == [0, 1, 0]


MANY_IN_TENOR = """
set.tracks[3].slots[1].notes = Array.from({length: 5000}, (_, n) => ({pitch: 60, start_time: n / 200, duration: 1}));
"""
NONE_IN_LOOP = """
Object.assign(set.detail, {selected: [], notes: set.detail.notes.slice(0, 8), start: 0, begin: 16});
"""


@pytest.mark.parametrize(
    ("happens", "line"),
    [
        ("set.detail = null;", "No clip is chosen: click one, then press again"),
        ("set.detail.midi = false;", "That is an audio clip: choose a MIDI clip"),
        ("set.tracks[3].slots[1] = null;", "No clip of tenor in scene 2: it takes four voices"),
        (
            "set.tracks[1].slots[1] = set.tracks[4].slots[1] = null;",
            "No clip of soprano, bass in scene 2: it takes four voices",
        ),
        (
            MANY_IN_TENOR,
            "The music holds 5096 notes, and may hold 2000: rewrite shorter clips",
        ),
        ("set.tracks[1].slots[1].end = 600;", "The music lasts 600 beats, and may last 512: rewrite shorter clips"),
        (
            "set.tracks.slice(1).forEach((track) => (track.slots[1].end = 8)); set.detail.selected = [31];",
            "There is no note to rewrite: select some, or set the loop around them",
        ),
        (
            NONE_IN_LOOP,
            "There is no note to rewrite: select some, or set the loop around them",
        ),
        ("set.detail.notes[16].mute = 1; set.detail.selected = [16];", "What is selected is muted: nobody sings it"),
        ("set.tracks.slice(1).forEach((track) => (track.slots[1].notes = []));", "The clip holds no notes"),
        ("set.tracks.splice(3, 1);", "No track is the tenor: name one Tenor, or put a Chorale Voice on it"),
        ("set.tracks[0].name = 'Bass';", "Two tracks are the bass (Bass, Bass): rename one"),
    ],
)
def test_what_cannot_be_rewritten_is_one_line(happens: str, line: str) -> None:
    with ClipScript(four_clips(**SELECTED), choose(2, 1)) as script:
        begin(script)
        script.change(happens)
        was = before(script)
        script.tell("press", "rewrite")
        assert (script.lines, script.sent, script.calls, before(script)) == ([line], [], [], was)


def test_a_voice_alone_in_its_scene_is_for_the_companion_to_refuse() -> None:
    given = four_clips(**SELECTED)
    for place in (1, 3, 4):
        given["tracks"][place]["slots"][1] = None
    with ClipScript(given, choose(2, 1)) as script:
        begin(script)
        wish, notes = asked(script)
        assert {one[0] for one in notes} == {0}
        script.tell("fault", wish[0], "no note of soprano, tenor, bass: it takes four voices")
        assert script.lines[-1] == "No note of soprano, tenor, bass: it takes four voices" + NOTHING
        assert script.calls == []


@pytest.mark.parametrize(
    ("happens", "line"),
    [
        ("set.tracks[3].frozen = true;", "Live refuses a clip on the track of the tenor (is it frozen?)"),
        ("live.notesTaken = 1;", "Live took 1 of 24 notes"),
        ("set.tracks[2].slots.fill(1, 2); set.mostScenes = 4;", "Every slot is full, and Live adds no scene"),
    ],
    ids=["frozen", "notes", "full"],
)
def test_a_rewriting_that_cannot_be_written_leaves_the_set_as_it_was(happens: str, line: str) -> None:
    with ClipScript(four_clips(**SELECTED), choose(2, 1)) as script:
        begin(script)
        wish, notes = asked(script)
        script.change(happens)
        was = before(script)
        rewritten(
            script, wish, [[voice, *rest] for voice, chosen, *rest in notes if not chosen and rest[1] < 24], "name"
        )
        assert script.lines[-1].startswith(line) and script.lines[-1].endswith(NOTHING)
        assert before(script) == was


def test_the_companion_gone_while_it_rewrites_is_one_line() -> None:
    with ClipScript(four_clips(**SELECTED), choose(2, 1)) as script:
        begin(script)
        wish, notes = asked(script)
        was = before(script)
        script.tell("notes", wish[0], 1, *(value for one in notes[:12] for value in [one[0], *one[2:]]))
        script.tell("online", 0)
        assert script.lines[-1] == "The companion is gone" + NOTHING
        script.tell("online", 1)
        rewritten(script, wish, [[voice, *rest] for voice, _, *rest in notes], "name")
        assert before(script) == was


def test_full_scenes_add_one() -> None:
    given = with_clip(scene=0)
    given["tracks"][4]["slots"] = [clip() for _ in range(4)]
    with ClipScript(given, choose(0, 0)) as script:
        begin(script)
        answer(script, sent_clip(script))
        assert script.lines[-1].endswith("scene 5")
        assert script.calls[0] == ["create_scene"]


def test_what_is_kept_comes_unasked(script: ClipScript) -> None:
    script.change("set.detail = null;")
    answer(script, -5)
    assert script.lines[-1].endswith("scene 1")
    answer(script, -6)
    assert script.lines[-1].endswith("scene 2")
    answer(script, -5)  # its receipts were lost
    assert len(script.calls) == 16


@pytest.mark.parametrize(("place", "writes"), [(1, False), (2, True), (3, False)])
def test_of_several_in_a_group_the_first_writes_what_comes_unasked(place: int, writes: bool) -> None:
    """The first device is of another group."""
    devices = [clip_device(1), clip_device(), clip_device()]
    given = live_set(track("Piano", *devices), *map(track, VOICES), thisDevice={"track": 0, "device": place - 1})
    with ClipScript(with_clip(given), choose(0, 1)) as script:
        begin(script)
        script.tell("group", "A")
        answer(script, -1)
        assert bool(script.calls) == writes
        answer(script, sent_clip(script))
        assert len(script.calls) == 8 * (1 + writes)


def test_it_says_that_it_is_there(script: ClipScript) -> None:
    for _ in range(16):
        script.tell("tick")
    script.tell("always", 1)
    assert script.take_words("here") == [[0], [0], [1]]
    script.tell("online", 0)
    script.take()
    for _ in range(16):
        script.tell("tick")
    assert script.take() == []


# Bad input: one line, and the Set as it was

MANY = clip(*(note(60, place / 100, 0.01) for place in range(5000)), end=64.0)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (clip(), "The clip holds no notes"),
        (clip(note(60, 0.0), midi=False), "That is an audio clip: choose a MIDI clip"),
        (MANY, "The clip holds 5000 notes, and may hold 2000: shorten its loop"),
        (clip(note(60, 0.0), end=900.0), "The clip lasts 900 beats, and may last 512: shorten its loop"),
    ],
    ids=["empty", "audio", "many", "long"],
)
def test_a_clip_that_cannot_be_sent_is_one_line(source: Data, line: str) -> None:
    with ClipScript(with_clip(source=source), choose(0, 1)) as script:
        begin(script)
        script.tell("press", "harmonise")
        assert (script.lines, script.sent, script.calls) == ([line], [], [])


def test_no_clip_chosen_is_one_line(script: ClipScript) -> None:
    script.change("set.detail = null;")
    script.tell("press", "harmonise")
    assert script.lines == ["No clip is chosen: click one, then press again"]
    script.change("set.highlighted = {track: 0, scene: 1};")
    script.tell("press", "harmonise")
    assert script.lines[-1] == "30 notes go to the companion"


@pytest.mark.parametrize(
    ("tracks", "line"),
    [
        ([track("Piano"), track("Soprano"), track("Alto"), track("Bass")], "No track is the tenor: name one Tenor"),
        ([track("Piano"), *map(track, VOICES), track("alto")], "Two tracks are the alto (Alto, alto): rename one"),
        (
            [track("Piano"), *map(track, VOICES[:3]), track("Bass", midi=False)],
            "No track is the bass: name one Bass, or put a Chorale Voice on it",
        ),
        (
            [track("Piano"), *map(track, VOICES), track("x", voice_device(3)), track("y", voice_device(3))],
            "Two tracks are the bass (x, y): rename one",
        ),
    ],
)
def test_voice_tracks_missing_or_doubled_are_one_line(tracks: list[Data], line: str) -> None:
    with ClipScript(with_clip(live_set(*tracks)), choose(0, 1)) as script:
        begin(script)
        script.tell("press", "harmonise")
        assert len(script.lines) == 1 and script.lines[0].startswith(line)
        answer(script, -1)
        assert script.lines[1].startswith(line) and script.lines[1].endswith(NOTHING)
        assert script.calls == []


@pytest.mark.parametrize(
    ("happens", "line"),
    [
        ("set.tracks[3].frozen = true;", "Live refuses a clip on the track of the tenor (is it frozen?)"),
        ("live.notesTaken = 1;", "Live took 1 of 4 notes"),
        ("set.tracks.splice(2, 1);", "No track is the alto: name one Alto, or put a Chorale Voice on it"),
        ("set.tracks[2].slots = [1, 1, 1, 1]; set.mostScenes = 4;", "Every slot is full, and Live adds no scene"),
        ("set.tracks[4].frozen = true; set.tracks[2].slots.fill(1);", "Live refuses a clip on the track of the bass"),
    ],
    ids=["frozen", "notes", "deleted", "full", "frozen-in-a-new-scene"],
)
def test_what_goes_wrong_while_writing_leaves_the_set_as_it_was(script: ClipScript, happens: str, line: str) -> None:
    request = sent_clip(script)
    script.change(happens)
    was = before(script)
    answer(script, request)
    assert script.lines[-1].startswith(line) and script.lines[-1].endswith(NOTHING)
    assert before(script) == was


def test_the_companion_gone_in_the_middle_is_one_line(script: ClipScript) -> None:
    was = before(script)
    request = sent_clip(script)
    answer(script, request, drop=2)
    script.tell("online", 0)
    assert script.lines[-1] == "The companion is gone" + NOTHING
    script.tell("online", 1)
    answer(script, request)
    assert before(script) == was
    script.tell("online", 0)
    script.tell("press", "harmonise")
    assert script.lines[-1] == "The companion is not there: start it, then press again"


def test_a_companion_that_is_silent_is_given_up(script: ClipScript) -> None:
    script.tell("press", "harmonise")
    for _ in range(60):
        script.tell("tick")
    assert script.lines[1:] == ["The companion does not answer" + NOTHING]
    assert script.take_words("drop") != []


def test_part_of_what_was_kept_is_one_line(script: ClipScript) -> None:
    answer(script, -9, drop=1)
    for _ in range(60):
        script.tell("tick")
    assert script.lines == ["An answer arrived in part only" + NOTHING]
    assert script.calls == []


def test_what_a_companion_that_is_gone_has_left_unsaid_is_forgotten(script: ClipScript) -> None:
    answer(script, -9, drop=1)
    script.tell("online", 0)
    script.tell("online", 1)
    for _ in range(60):
        script.tell("tick")
    assert script.lines == ["Waits for the companion", CHOOSE]


def test_the_companions_fault_is_shown(script: ClipScript) -> None:
    request = sent_clip(script)
    script.tell("fault", request, "the clip holds all four voices: there is none to add")
    assert script.lines[-1] == "The clip holds all four voices: there is none to add" + NOTHING
    script.tell("fault", request, "again")
    script.tell("fault", 99, "another")
    assert len(script.lines) == 2


def test_late_receipts_and_strangers_change_nothing(script: ClipScript) -> None:
    script.tell("heard", 5, 0)
    script.tell("working", 5, 1, 2)
    script.tell("notes", 5, 1, 1, 60, 0.0, 1.0, 80)
    script.tell("answer", 5, 1, 4.0, "name")
    assert (script.lines, script.calls) == ([], [])


# How a js object may use Live


def test_nothing_of_live_is_asked_while_loading_or_by_receipts(script: ClipScript) -> None:
    """The fake refuses the Live API in global code and in the high-priority thread; only these need it."""
    script.tell_at_once("tick")
    script.tell_at_once("heard", 1, 0)
    with pytest.raises(AssertionError, match="high-priority"):
        script.tell_at_once("press", "harmonise")


def test_the_script_is_of_the_language_that_max_8_reads() -> None:
    text = SCRIPT.read_text("utf-8")
    code = "\n".join(line.split("//")[0] for line in text.splitlines())
    for modern in ("let ", "const ", "=>", "`", "class ", "...", "async ", "for (var of", "includes("):
        assert modern not in code
    assert text.isascii()
