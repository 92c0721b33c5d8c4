"""The Pure Data twin and ``chorale jam``: two programs that know each other only by the protocol.

All that the companion says to the twin passes a relay that writes it down, and the twin reports what it hears,
each 16th and each note, in the order in which they happen. ``Score`` below is the protocol once more, in Python: it
says which notes must follow each report, and every note of the twin is held against it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from integration.jack import wait_until
from integration.pd import Companion, Relay, Said, Script, Twin, Value, free_port, need_pd

from companion.controls.settings import Settings, state_items
from companion.io.osc_messages import STATE_KEYS
from companion.io.osc_peer import OFFLINE_SECONDS
from max_patches.names import MISSING_STEPS
from max_patches.pd.build import files
from max_patches.pd.hub import LATE_STEPS, SHORT_LOOP

pytestmark = pytest.mark.peers

BPM = 120
STEP_S = 60 / BPM / 4
BEAT = 4  # steps
FIRST_STEPS = 4  # of an answer, that may come later than a beat ahead


class Note(NamedTuple):
    """A note of the twin's; velocity 0 ends it."""

    voice: int
    pitch: int
    velocity: int
    channel: int


@dataclass
class Score:
    """Which notes must follow what the twin has heard and done."""

    frames: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # step → pitch and velocity of each voice
    sounding: list[int] = field(default_factory=lambda: [0] * 4)
    missing: int = 0
    healed: int = 0  # strikes of a pitch that should have been sounding
    replaced: int = 0  # frames that another took the place of before they were played
    playing: bool = False
    step: int = 0
    loop: tuple[int, int] | None = None

    def follow(self, report: Said) -> list[Note]:
        """The notes that this report asks for."""
        words = [report.address.removeprefix("/twin/"), *report.arguments]
        word, *arguments = words[1:] if words[0] == "heard" else words
        act = getattr(self, f"_{word}", None)
        return (act(*arguments) if act else None) or []

    # What the companion says

    def _frame(self, step: int, *parts: int) -> None:
        if self._in_time(step):
            frame = list(zip(parts[:4], parts[4:], strict=True))
            self.replaced += self.frames.get(step, frame) != frame
            self.frames[step] = frame

    def _clear(self, first: int, last: int) -> None:
        self.frames = {step: frame for step, frame in self.frames.items() if not first <= step <= last}

    def _now(self, number: int, pitch: int, velocity: int) -> list[Note]:
        if pitch == 0:
            return self._release(number - 1)
        return self._strike(number - 1, pitch, velocity) if self.playing else []

    # What the twin does

    def _loop(self, on: int, start: int, end: int) -> None:
        self.loop = (start, end) if on else None

    def _play(self, on: int) -> list[Note]:
        self.playing = bool(on)
        return [] if on else self._silence()

    def _online(self, on: int) -> list[Note]:
        return [] if on else self._silence()

    def _locate(self, _: int) -> list[Note]:
        return self._silence()

    def _session(self, _: int) -> list[Note]:
        return self._silence()

    def _panic(self) -> list[Note]:
        return self._silence()

    def _tick(self, step: int) -> list[Note]:
        self.step = step
        frame = self.frames.pop(step, None)
        if frame is None:
            self.missing += 1
            return self._release_all() if self.missing == MISSING_STEPS else []
        self.missing = 0
        return [note for voice, part in enumerate(frame) for note in self._part(voice, *part)]

    def _in_time(self, step: int) -> bool:
        """Whether a step is still to come; in a short loop all are."""
        if not (self.playing and 0 <= self.step - step < LATE_STEPS):
            return True
        start, end = self.loop or (0, 0)
        return start <= self.step < end and end - start < SHORT_LOOP

    def _part(self, voice: int, pitch: int, velocity: int) -> list[Note]:
        if pitch == 0:
            return self._release(voice)
        if pitch == -self.sounding[voice]:
            return []
        self.healed += pitch < 0
        return self._strike(voice, abs(pitch), velocity)

    def _strike(self, voice: int, pitch: int, velocity: int) -> list[Note]:
        ended = self._release(voice)
        self.sounding[voice] = pitch
        return [*ended, Note(voice + 1, pitch, velocity, voice + 1)]

    def _release(self, voice: int) -> list[Note]:
        pitch, self.sounding[voice] = self.sounding[voice], 0
        return [Note(voice + 1, pitch, 0, voice + 1)] if pitch else []

    def _release_all(self) -> list[Note]:
        return [note for voice in range(4) for note in self._release(voice)]

    def _silence(self) -> list[Note]:
        self.frames.clear()
        return self._release_all()


def played(reports: list[Said]) -> tuple[list[tuple[Said, list[Note]]], list[tuple[Said, list[Note]]]]:
    """Each report that is no note with the notes that must follow it, and with those that did."""
    score = Score()
    wanted: list[tuple[Said, list[Note]]] = []
    got: list[tuple[Said, list[Note]]] = []
    for report in reports:
        if report.address == "/twin/note":
            voice, pitch, velocity, channel = (int(value) for value in report.arguments)
            got[-1][1].append(Note(voice, pitch, velocity, channel))
            continue
        wanted.append((report, sorted(score.follow(report), key=lambda note: note.voice)))
        got.append((report, []))
    return wanted, [(report, sorted(notes, key=lambda note: note.voice)) for report, notes in got]


class Stage:
    """A companion and the twin, with a relay each way."""

    def __init__(self, *options: str) -> None:
        self._hears, from_companion = free_port(), free_port()
        self._options = ("--seed", "4", *options)
        self.to_companion, self.to_twin = Relay(self._hears), Relay(from_companion)
        self.twin = Twin(self.to_companion.port, from_companion)
        self.companion = self.start()

    def start(self) -> Companion:
        """A companion, or another one at the same ports."""
        self.companion = Companion(self._hears, self.to_twin.port, *self._options)
        return self.companion

    def play(self, bpm: float = BPM, step: int = 0) -> None:
        self.twin.wait_for("online", 1)
        wait_until(lambda: self.heard("state", "connected", 1), "the state")
        self.twin.tell("tempo", bpm)
        self.twin.tell("locate", step)
        self.twin.tell("play", 1)

    def stop(self) -> None:
        """Stops, and waits until all that was on its way has arrived."""
        now = len(self.heard("now"))
        self.twin.tell("play", 0)
        wait_until(lambda: len(self.heard("now")) >= now + 4, "the companion has heard that")

    def heard(self, *words: Value) -> list[tuple[Value, ...]]:
        """The arguments of what the twin says that it has heard, where they begin so."""
        found = [said.arguments for said in self.twin.reports("heard")]
        return [arguments for arguments in found if arguments[: len(words)] == words]

    def note_on(self, pitch: int) -> None:
        self.twin.tell("note", pitch, 80, 1)

    def note_off(self, pitch: int) -> None:
        self.twin.tell("note", pitch, 0, 1)

    def ticks(self) -> dict[int, float]:
        """When each step began; the last time, where there were several."""
        return {int(said.arguments[0]): said.time_s for said in self.twin.reports("tick")}

    def check(self) -> list[Note]:
        """All that must hold whatever has happened; every note of the twin's."""
        self.heard_all()
        wanted, got = played(self.twin.log)
        assert got == wanted
        notes = [note for _, some in got for note in some]
        assert hung(notes) == set()
        assert [said.arguments for said in self.to_companion.said("error")] == []
        assert [said.arguments for said in self.to_twin.said("error")] == []
        assert self.twin.complaints() == []
        assert self.companion.end() == (0, "")
        return notes

    def heard_all(self) -> None:
        """The twin has heard everything that the companion has said, in this order."""
        said = [message for message in self.to_twin.log if not message.address.endswith(("/hello", "/alive"))]
        sent = [(message.address.removeprefix("/chorale/"), *message.arguments) for message in said]
        wait_until(lambda: len(self._heard()) >= len(sent), "the last message")
        assert self._heard()[: len(sent)] == sent

    def _heard(self) -> list[tuple[Value, ...]]:
        """Without hello and alive: their numbers are longer than Pure Data's."""
        return [arguments for arguments in self.heard() if arguments[0] not in ("hello", "alive")]

    def close(self) -> None:
        self.companion.close()
        for thing in (self.twin, self.to_twin, self.to_companion):
            thing.close()


@contextmanager
def stage(*options: str) -> Iterator[Stage]:
    need_pd()
    found = Stage(*options)
    try:
        yield found
    finally:
        found.close()


def hung(notes: list[Note]) -> set[tuple[int, int]]:
    """(channel, pitch) of what was struck once more than it was ended."""
    counts: dict[tuple[int, int], int] = {}
    for note in notes:
        key = note.channel, note.pitch
        counts[key] = counts.get(key, 0) + (1 if note.velocity else -1)
    return {key for key, count in counts.items() if count}


def in_time(found: Stage, first: int, last: int, step_s: float = STEP_S) -> None:
    """The frames of these steps came a beat or more ahead."""
    ticks = found.ticks()
    came: dict[int, float] = {}
    for said in found.to_twin.said("frame"):
        came.setdefault(int(said.arguments[0]), said.time_s)
    for step in range(first, last + 1):
        assert step in came, f"no frame for step {step}"
        assert came[step] <= ticks[step] - BEAT * step_s + 0.01, f"step {step}: {ticks[step] - came[step]:.3f} s ahead"


def steps(found: Stage) -> list[int]:
    """The 16ths that were played, in their order."""
    return [int(said.arguments[0]) for said in found.twin.reports("tick")]


def in_vain(found: Stage) -> int:
    """How often, once an answer had begun, a frame was replaced before it was played, or went on with silence."""
    score, count, early = Score(), 0, 0
    for report in found.twin.log:
        score.follow(report)
        count += report.address == "/twin/tick"
        if count == FIRST_STEPS:
            early = score.replaced + score.healed
    return score.replaced + score.healed - early


def unfed(found: Stage) -> list[int]:
    """Which of the 16ths, counted from the start, had no frame."""
    score, missing, count = Score(), [], 0
    for report in found.twin.log:
        if report.address == "/twin/tick":
            if int(report.arguments[0]) not in score.frames:
                missing.append(count)
            count += 1
        score.follow(report)
    return missing


def test_the_patches_are_what_the_generator_writes() -> None:
    for path, text in files().items():
        assert path.read_text() == text, f"{path.name}: run python -m max_patches.pd.build"


@contextmanager
def scripted() -> Iterator[tuple[Script, Twin]]:
    """The twin and a companion that only says what the test says."""
    need_pd()
    from_companion = free_port()
    with Script(from_companion) as script, Twin(script.port, from_companion) as twin:
        wait_until(lambda: script.asked("hello"), "hello")
        yield script, twin


def meet(script: Script, twin: Twin, session: int = 7) -> None:
    """Hello from the companion."""
    script.say("hello", 1, session)
    twin.wait_for("session", session)


SCORE = {  # soprano, alto, tenor, bass from step -2 on
    -2: (72, 67, 64, 48),
    -1: (-72, -67, -64, -48),
    0: (72, -69, 0, -48),  # again · goes on with another pitch · a rest
    1: (-72, -69, -64, 50),  # the tenor goes on with what does not sound
    6: (71, 67, 62, -50),  # 2 to 5 are missing: after four steps they let go
    7: (0, 0, 0, 0),
}
PLAYED = [
    Note(1, 72, 91, 1), Note(2, 67, 92, 2), Note(3, 64, 93, 3), Note(4, 48, 94, 4),
    Note(1, 72, 0, 1), Note(1, 72, 91, 1), Note(2, 67, 0, 2), Note(2, 69, 92, 2), Note(3, 64, 0, 3),
    Note(3, 64, 93, 3), Note(4, 48, 0, 4), Note(4, 50, 94, 4),
    Note(1, 72, 0, 1), Note(2, 69, 0, 2), Note(3, 64, 0, 3), Note(4, 50, 0, 4),
    Note(1, 71, 91, 1), Note(2, 67, 92, 2), Note(3, 62, 93, 3), Note(4, 50, 94, 4),
    Note(1, 71, 0, 1), Note(2, 67, 0, 2), Note(3, 62, 0, 3), Note(4, 50, 0, 4),
]  # fmt: skip


def test_every_kind_of_frame_and_its_notes() -> None:
    with scripted() as (script, twin):
        meet(script, twin)
        twin.tell("tempo", 240)
        twin.tell("locate", -2)
        twin.wait_for("locate", -2)
        for step, parts in SCORE.items():
            script.say("frame", step, 60, 60, 60, 60, 1, 1, 1, 1)  # replaced
            script.say("frame", step, *parts, 91, 92, 93, 94)
        script.say("frame", 3, 60, 60, 60, 60, 1, 1, 1, 1)
        script.say("clear", 2, 5)
        twin.wait_for("heard", "clear")
        twin.tell("play", 1)
        twin.wait_for("tick", 8)
        wanted, got = played(twin.log)
        assert got == wanted
        assert [note for _, notes in got for note in notes] == PLAYED
        assert twin.complaints() == []


def test_at_once_only_while_it_plays_and_never_longer() -> None:
    with scripted() as (script, twin):
        meet(script, twin)
        script.say("now", 2, 60, 80)
        twin.wait_for("heard", "now", 2, 60)
        twin.tell("play", 1)
        twin.wait_for("tick", 0)
        script.say("now", 2, 64, 80)
        script.say("now", 2, 65, 80)
        script.say("now", 3, 55, 80)
        script.say("now", 3, 0, 0)
        wait_until(lambda: len(twin.reports("note")) == 5, "its notes")
        twin.tell("play", 0)
        twin.wait_for("note", 2, 65, 0)
        notes = [said.arguments for said in twin.reports("note")]
        assert notes == [(2, 64, 80, 2), (2, 64, 0, 2), (2, 65, 80, 2), (3, 55, 80, 3), (3, 55, 0, 3), (2, 65, 0, 2)]


def test_the_twin_knows_whom_it_speaks_with() -> None:
    with scripted() as (script, twin):
        script.say("hello", 2, 5)
        twin.wait_for("heard", "hello", 2)
        assert [said.arguments for said in twin.reports("online")] == [(0,)]  # another version
        meet(script, twin, 7)
        twin.wait_for("online", 1)
        script.say("frame", 0, 60, 60, 60, 60, 80, 80, 80, 80)
        twin.wait_for("heard", "frame")
        twin.tell("play", 1)
        wait_until(lambda: len(twin.reports("note")) == 4, "four notes")
        asked = len(script.asked("hello"))
        meet(script, twin, 8)  # another one, that knows nothing
        wait_until(lambda: len(script.asked("hello")) > asked, "the twin asks again")
        wait_until(lambda: len(twin.reports("note")) == 8, "silence")
        for data in (b"", b"x", b"/chorale/frame", b"#bundle\0", b"/chorale/frame\0\0,s\0\0x\0\0\0", bytes(400)):
            script.say_raw(data)
        script.say("alive", 8)
        wait_until(lambda: len(twin.reports("online")) == 3, "offline after two seconds")
        asked = len(script.asked("hello"))
        script.say("alive", 8)
        wait_until(lambda: len(script.asked("hello")) > asked, "the twin asks again")
        meet(script, twin, 8)
        wait_until(lambda: len(twin.reports("online")) == 4, "online again")
        [heard] = [said.time_s for said in twin.reports("heard") if said.arguments == ("alive", 8)][:1]
        assert twin.reports("online")[2].time_s - heard == pytest.approx(OFFLINE_SECONDS, abs=0.3)


TOUCHED: tuple[tuple[str, Value, str, tuple[Value, ...]], ...] = (
    ("mode", 4, "mode", ("duet",)),
    ("go", 1, "go", ()),
    ("stop", 1, "stop", ()),
    ("cadence", 1, "cadence", ()),
    ("undo", 1, "undo", ()),
    ("keep", 1, "keep", ()),
    ("panic", 1, "panic", ()),
    ("temperature", 1.5, "temperature", (1.5,)),
    ("top_p", 0.5, "top_p", (0.5,)),
    ("bars", 8, "bars", (8,)),
    ("style", "free", "style", ("free",)),
    ("model", "gru", "model", ("gru",)),
    ("rest", 2, "rest", (2,)),
    ("seed", 77, "seed", (77,)),
    ("velocity", "entropy", "velocity", ("entropy",)),
    ("key", "Gminor", "key", ("Gminor",)),
    ("tempo", 90, "transport", (0, 0, 90, 4, 4)),
    ("position", 12, "transport", (0, 12, 90, 4, 4)),
    ("rewind", 1, "transport", (0, 0, 90, 4, 4)),
    ("unit", 8, "transport", (0, 0, 90, 4, 8)),
    ("beats", 6, "transport", (0, 0, 90, 6, 8)),
    ("loop-end", 32, "loop", (0, 0, 32)),
    ("loop-start", 16, "loop", (0, 16, 32)),
    ("loop", 1, "loop", (1, 16, 32)),
    ("loop-start", 8, "loop", (1, 8, 32)),
    ("play", 1, "transport", (1, 0, 90, 6, 8)),
)
OF_VOICES = (("lock", 1, "voice/lock"), ("mute", 1, "voice/mute"))


def test_what_is_touched_is_sent() -> None:
    with scripted() as (script, twin):
        meet(script, twin)
        wait_until(lambda: script.asked("transport"), "all was told")
        for name, value, word, arguments in TOUCHED:
            touch(twin, name, value)
            asked(script, word, [arguments])
            script.say("alive", 7)
        for name, value, word in OF_VOICES:
            touch(twin, name, value)
            asked(script, word, [(voice, 1) for voice in (1, 2, 3, 4)])
        assert [said for said in script.log if said.address.removeprefix("/chorale/") not in WORDS] == []


def asked(script: Script, word: str, messages: list[tuple[Value, ...]]) -> None:
    """These messages have come, whatever else has."""
    wait_until(lambda: set(messages) <= set(script.asked(word)), f"{word} {messages}")


WORDS = {"hello", "alive", *(word for _, _, word, _ in TOUCHED), *(word for _, _, word in OF_VOICES)}


def touch(twin: Twin, name: str, value: Value) -> None:
    """As with the mouse. Pure Data counts its patches from 1000; the others have nothing of this name."""
    for number in range(1000, 1012):
        twin.tell("touch", f"{number}-{name}-set", value)


def test_two_groups_do_not_mix() -> None:
    for path, text in files().items():
        names = re.findall(r"#X obj \d+ \d+ (?:r|s|v|table|tabread|tabwrite) (\S+)", text.replace(";", " "))
        group = r"chorale-\$2" if path.stem == "chorale-voice" else r"chorale-\$1"
        assert [name for name in names if not name.startswith((r"\$0-", group))] == [], path.name


def test_both_say_hello_and_the_state_is_told() -> None:
    with stage() as found:
        found.twin.wait_for("online", 1)
        wait_until(lambda: found.heard("state", "connected", 1), "the twin is known")
        keys = [key for key, _ in state_items(Settings(seed=4))] + [key.key for key in STATE_KEYS]
        wait_until(lambda: len(found.heard("state")) >= len(keys), "the state")
        assert [said.arguments[0] for said in found.to_twin.said("state")][: len(keys)] == keys
        wait_until(lambda: found.to_companion.said("alive"), "the twin is alive")
        hello, alive = found.to_companion.said("hello")[-1], found.to_companion.said("alive")[-1]
        assert hello.arguments == (1, alive.arguments[0])
        assert found.to_companion.said("transport")[-1].arguments == (0, 0, 120, 4, 4)
        assert found.to_companion.said("loop")[-1].arguments == (0, 0, 64)
        found.check()


def test_a_duet_in_time_and_silence_at_its_end() -> None:
    with stage("--mode", "duet") as found:
        found.play()
        found.twin.wait_for("tick", 32)
        found.stop()
        notes = found.check()
        assert steps(found) == list(range(steps(found)[-1] + 1))
        in_time(found, FIRST_STEPS + BEAT, 32)
        assert {note.voice for note in notes} == {1, 2, 3, 4}


@pytest.mark.parametrize("length", [8, 16, 24])  # the plan is 16 long
def test_a_loop_goes_round(length: int) -> None:
    with stage("--mode", "duet") as found:
        found.twin.wait_for("online", 1)
        found.twin.tell("loop", 1, 0, length)
        found.play(200)
        wait_until(lambda: len(steps(found)) >= max(2 * length, 24), "some rounds")
        found.stop()
        found.check()
        assert steps(found) == [step % length for step in range(len(steps(found)))]
        assert {frame[1] for frame in found.heard("frame")} == set(range(length))
        assert [count for count in unfed(found) if count >= FIRST_STEPS] == []
        assert in_vain(found) <= 1  # the first, which came after its step had begun


def test_jumps_there_and_back() -> None:
    with stage("--mode", "duet") as found:
        found.play()
        found.twin.wait_for("tick", 11)
        found.twin.tell("locate", 64)
        found.twin.wait_for("tick", 64 + 15)
        found.twin.tell("locate", 4)
        wait_until(lambda: steps(found).count(4 + 15) == 1 + (steps(found).index(64) > 19), "the song back at 4")
        found.stop()
        found.check()
        there, back = steps(found).index(64), len(steps(found)) - steps(found)[::-1].index(4) - 1
        assert steps(found) == [*range(there), *range(64, 64 + back - there), *range(4, steps(found)[-1] + 1)]
        late = {*range(FIRST_STEPS), *range(there, there + FIRST_STEPS), *range(back, back + FIRST_STEPS)}
        assert set(unfed(found)) <= late
        assert found.heard("clear")
        in_time(found, 64 + FIRST_STEPS + BEAT, 64 + 15)


def test_the_tempo_changes() -> None:
    with stage("--mode", "duet") as found:
        found.play(100)
        found.twin.wait_for("tick", 9)
        found.twin.tell("tempo", 200)
        found.twin.wait_for("tick", 40)
        found.stop()
        found.check()
        ticks = found.ticks()
        assert (ticks[8] - ticks[0]) / 8 == pytest.approx(0.150, rel=0.2)
        assert (ticks[40] - ticks[16]) / 24 == pytest.approx(0.075, rel=0.2)
        assert [count for count in unfed(found) if count >= FIRST_STEPS] == []
        in_time(found, 16, 40, step_s=0.075)


def test_a_phrase_is_answered_until_stop() -> None:
    with stage("--mode", "continue") as found:
        found.play()
        phrase = [(4, 67), (8, 69), (12, 71), (16, 72)]
        for step, pitch in phrase:
            found.twin.wait_for("tick", step)
            found.note_on(pitch)
            found.twin.wait_for("tick", step + 3)
            found.note_off(pitch)
        wait_until(lambda: len(found.twin.reports("note")) > 16, "an answer")
        found.twin.tell("send", "stop")
        wait_until(lambda: len(found.heard("now")) >= 4, "its end")
        silent = len(found.twin.reports("note"))
        found.twin.wait_for("tick", steps(found)[-1] + 8)
        assert len(found.twin.reports("note")) == silent
        found.stop()
        notes = found.check()
        sent = [(said.arguments[0], said.arguments[1]) for said in found.to_companion.said("note")]
        assert sent == [note for _, pitch in phrase for note in ((pitch, 80), (pitch, 0))]
        first = min(int(str(frame[1])) for frame in found.heard("frame"))
        assert first % BEAT == 0
        assert first >= 16 + 3 + BEAT
        assert {note.voice for note in notes} == {1, 2, 3, 4}


def test_the_others_sing_at_once_to_a_note_played_here() -> None:
    with stage("--mode", "harmonise") as found:
        found.play()
        found.twin.wait_for("tick", 8)
        found.note_on(72)
        wait_until(lambda: len(found.twin.reports("note")) >= 3, "the other voices")
        found.twin.wait_for("tick", 14)
        found.note_off(72)
        found.twin.wait_for("tick", 20)
        found.stop()
        found.check()
        began = [said for said in found.twin.reports("note") if said.arguments[2]][:3]
        assert {said.arguments[0] for said in began} == {2, 3, 4}
        assert {now[1] for now in found.heard("now") if now[2]} == {2, 3, 4}
        assert {int(str(frame[2])) for frame in found.heard("frame")} == {0}  # the soprano is the player's


def test_another_mode_while_it_plays() -> None:
    with stage("--mode", "duet") as found:
        found.play()
        found.twin.wait_for("tick", 16)
        found.twin.tell("send", "mode", "listen")
        wait_until(lambda: found.heard("state", "mode", "listen"), "the mode")
        wait_until(lambda: len(found.heard("now")) >= 4, "silence")
        silent = len(found.twin.reports("note"))
        found.twin.wait_for("tick", steps(found)[-1] + 6)
        assert len(found.twin.reports("note")) == silent
        found.stop()
        found.check()


def test_panic() -> None:
    with stage("--mode", "duet") as found:
        found.play()
        found.twin.wait_for("tick", 17)
        found.twin.tell("panic")
        pressed = found.twin.wait_for("panic")
        wait_until(lambda: len(found.heard("now")) >= 4, "the companion has heard that")
        found.twin.wait_for("tick", steps(found)[-1] + 6)
        found.stop()
        found.check()
        _, got = played(found.twin.log)
        released = next(notes for report, notes in got if report is pressed)
        assert {(note.voice, note.velocity) for note in released} == {(voice, 0) for voice in (1, 2, 3, 4)}
        assert [note for report, notes in got for note in notes if report.time_s > pressed.time_s] == []
        assert found.to_companion.said("panic")


def strikes(found: Stage) -> list[Said]:
    """The notes that the twin has begun."""
    return [said for said in found.twin.reports("note") if said.arguments[2]]


def test_the_companion_dies_and_comes_back() -> None:
    with stage("--mode", "duet") as found:
        found.play(80)  # so slow that frames for more than two seconds lie ahead
        found.twin.wait_for("tick", 9)
        found.companion.kill()
        died_s = time.perf_counter()
        gone = found.twin.wait_for("online", 0)
        gone = wait_until(
            lambda: [said for said in found.twin.reports("online") if not said.arguments[0]][1:], "offline"
        )
        assert gone[0].time_s - died_s <= OFFLINE_SECONDS + 0.5
        struck = len(strikes(found))  # of the note-offs that going offline sends, some may be on their way
        found.start()
        wait_until(lambda: len(found.twin.reports("online")) == 4, "online again")
        assert len(strikes(found)) == struck
        wait_until(lambda: len(strikes(found)) >= struck + 6, "it plays again")
        found.stop()
        found.check()
        assert len(found.twin.reports("session")) == 2
        assert steps(found) == list(range(steps(found)[-1] + 1))
