"""Four voices on two staves, seen in the MusicXML that is written."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, fromstring

from companion.music.song import Metre
from companion.notation.bars import bars_of_metres, bars_up_to
from companion.notation.laying import Given, Sheet, chorale_score
from companion.notation.musicxml.writing import musicxml
from companion.notation.score import UNITS, ChordSign, KeySign, Lyric, WrittenBar


def sheet(beats: float, metres: Sequence[tuple[float, int, int]] = (), first: float = 0, **said: object) -> Sheet:
    """An empty sheet of so many quarters."""
    ticks = [Metre(round(at * UNITS), top, bottom) for at, top, bottom in metres]
    bars = bars_of_metres(ticks, round(first * UNITS), round(beats * UNITS), UNITS)
    return Sheet(UNITS, bars, said.pop("key", KeySign(0)), **said)  # type: ignore[arg-type]


def line(voice: int, pitches: Sequence[int], lengths: Sequence[float], start: float = 0, **said: object) -> list[Given]:
    notes = []
    for pitch, length in zip(pitches, lengths, strict=True):
        end = start + length
        if pitch:
            notes.append(Given(voice, round(start * UNITS), round(end * UNITS), pitch, **said))  # type: ignore[arg-type]
        start = end
    return notes


def written(notes: Sequence[Given], on: Sheet) -> Element:
    return fromstring(musicxml(chorale_score(notes, on)))


def shown(root: Element, part: int, voice: str) -> list[str]:
    """ "1 C#4 quarter" a note of a voice, with its bar, ties and what is on it."""
    found = []
    for bar in root.findall(f"part[{part}]/measure"):
        for note in bar.findall("note"):
            if note.findtext("voice") == voice:
                found.append(f"{bar.get('number')} {_name(note)}{_signs(note)}")
    return found


def _name(note: Element) -> str:
    sign = {"1": "#", "-1": "b", None: ""}[note.findtext("pitch/alter")]
    name = (
        f"{note.findtext('pitch/step')}{sign}{note.findtext('pitch/octave')}" if note.find("pitch") is not None else "r"
    )
    return f"{name} {note.findtext('type') or 'bar'}{'.' * len(note.findall('dot'))}"


def _signs(note: Element) -> str:
    said = [f"tie {one.get('type')}" for one in note.findall("tie")]
    said += [f"({one.text})" for one in note.findall("accidental")] + [str(one.text) for one in note.findall("stem")]
    said += [str(one.text) for one in note.findall("beam")]
    said += [f"fermata {one.get('type')}" for one in note.findall("notations/fermata")]
    return "".join(f" {one}" for one in said)


FOUR = [*line(0, [67], [4]), *line(1, [62], [4]), *line(2, [59], [4]), *line(3, [43], [4])]


def test_two_staves_with_two_voices_each() -> None:
    root = written(FOUR, sheet(4))
    clefs = [
        (part.findtext("measure/attributes/clef/sign"), len(part.findall("measure"))) for part in root.findall("part")
    ]
    assert clefs == [("G", 1), ("F", 1)]
    assert [name.text for name in root.findall("part-list/score-part/part-name")] == ["Soprano Alto", "Tenor Bass"]
    assert [shown(root, part, voice) for part in (1, 2) for voice in "12"] == [
        ["1 G4 whole"],
        ["1 D4 whole"],
        ["1 B3 whole"],
        ["1 G2 whole"],
    ]


def test_stems_ties_beams_and_accidentals() -> None:
    on = sheet(8, key=KeySign(1, "major"))
    root = written([*line(0, [66, 65, 66, 67, 67], [0.5, 0.5, 1, 3, 3]), *line(1, [62, 61], [2, 6])], on)
    assert shown(root, 1, "1") == [
        "1 F#4 eighth up begin",
        "1 F4 eighth (natural) up end",
        "1 F#4 quarter (sharp) up",
        "1 G4 half tie start up",
        "2 G4 quarter tie stop up",
        "2 G4 half. up",
    ]
    assert shown(root, 1, "2") == ["1 D4 half down", "1 C#4 half tie start (sharp) down", "2 C#4 whole tie stop"]
    assert shown(root, 2, "1") == ["1 r bar", "2 r bar"]


def test_an_accidental_is_said_again_after_a_tie_over_the_bar_line() -> None:
    root = written(line(0, [61, 62, 60], [5, 1, 2], 0), sheet(8))
    assert shown(root, 1, "1")[-3:] == ["2 C#4 quarter tie stop up", "2 D4 quarter up", "2 C4 half (natural) up"]


def test_a_pickup_is_bar_nought() -> None:
    root = written(line(0, [62, 67, 67], [1, 2, 2]), sheet(5, [(0, 1, 4), (1, 4, 4)]))
    bars = root.findall("part[1]/measure")
    assert [(bar.get("number"), bar.get("implicit")) for bar in bars] == [("0", "yes"), ("1", None)]
    assert [bar.findtext("attributes/time/beats") for bar in bars] == ["4", None]
    assert shown(root, 1, "1") == ["0 D4 quarter up", "1 G4 half up", "1 G4 half up"]


def test_silence_before_the_first_note_is_a_pickup_too() -> None:
    root = written(line(0, [62, 67], [1, 4], start=3), sheet(8, first=3))
    assert [bar.get("number") for bar in root.findall("part[1]/measure")] == ["0", "1"]
    assert shown(root, 1, "1") == ["0 D4 quarter up", "1 G4 whole"]


def test_beams_of_a_pickup_go_by_the_beats_of_its_bar() -> None:
    root = written(line(0, [62, 64, 65, 67], [0.5, 0.5, 0.5, 2]), sheet(3.5, [(0, 3, 8), (1.5, 4, 4)]))
    assert shown(root, 1, "1")[:3] == ["0 D4 eighth up", "0 E4 eighth up begin", "0 F4 eighth up end"]


def test_triplets_have_brackets_and_their_time() -> None:
    third = 1 / 3
    root = written(line(0, [60, 62, 64, 65], [third, third, third, 3]), sheet(4))
    first, second, last = root.findall("part[1]/measure/note")[:3]
    assert [first.findtext(f"time-modification/{one}-notes") for one in ("actual", "normal")] == ["3", "2"]
    assert [one.get("type") for one in first.findall("notations/tuplet")] == ["start"]
    assert second.find("notations/tuplet") is None
    assert [one.get("type") for one in last.findall("notations/tuplet")] == ["stop"]


def test_added_outer_voices_take_the_fermatas() -> None:
    notes = [*line(0, [67, 69], [2, 2]), *line(1, [62, 62], [2, 2], added=True), *line(3, [43, 50], [2, 2], added=True)]
    root = written(notes, sheet(4, fermatas=frozenset({2 * UNITS})))
    assert shown(root, 2, "2") == ["1 G2 half down", "1 D3 half down fermata inverted"]
    assert not any("fermata" in one for voice in "12" for one in shown(root, 1, voice))


def test_chord_symbols_stand_where_they_are_said() -> None:
    chords = (ChordSign(0, ("G", 0), "major"), ChordSign(UNITS, ("D", 0), "dominant", bass=("F", 1)))
    root = written(FOUR, sheet(4, harmonies=chords))
    found = [
        (one.findtext("root/root-step"), one.findtext("kind"), one.findtext("bass/bass-alter"), one.findtext("offset"))
        for one in root.findall("part[1]/measure/harmony")
    ]
    assert found == [("G", "major", None, None), ("D", "dominant", "1", str(UNITS))]
    assert root.find("part[2]/measure/harmony") is None


def test_words_stand_under_the_first_of_tied_notes() -> None:
    root = written(line(0, [67], [6], lyrics=(Lyric("1", "begin", "Hal"),)), sheet(8))
    words = [
        note.findtext("lyric/text") for note in root.findall("part[1]/measure/note") if note.find("pitch") is not None
    ]
    assert words == ["Hal", None]


def test_a_note_that_is_cut_by_the_next_ends_there() -> None:
    root = written([Given(0, 0, 3 * UNITS, 60), Given(0, UNITS, 4 * UNITS, 64)], sheet(4))
    assert shown(root, 1, "1") == ["1 C4 quarter up", "1 E4 half. up"]


def test_bars_that_were_read_are_filled_up_and_go_on() -> None:
    read = (WrittenBar(0, 48, "0", implicit=True), WrittenBar(48, 192, "1"), WrittenBar(240, 144, "2"))
    bars = bars_up_to(read, 480, UNITS)
    assert [(bar.tick, bar.ticks, bar.number) for bar in bars[2:]] == [(240, 192, "2"), (432, 192, "3")]
    assert bars_up_to(read, 384, UNITS) == read
