"""A jam through JACK, as anyone can run it: ``python -m integration.scenario -o heard.mid`` from ``tests/``.

Four processes that know each other only by MIDI: ``jack_midi_clock`` is the master at 120 bpm, a player
plays the first line of a chorale in its time, ``chorale jam`` follows and answers, and a recorder writes
down what comes back on its four channels.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import mido
from integration.jack import HOME, JackServer, Peer, wait_until

from companion.commands.demo import demo_song
from companion.music.pitch import pitch_name

BPM = 120
TICKS_PER_BEAT = 24  # of MIDI clock
JAM = (sys.executable, "-m", "companion")
_ON, _OFF = 0x90, 0x80


class Sent(NamedTuple):
    """A message on its way to the jam, at a tick of the master."""

    tick: int
    message: list[int]


class Heard(NamedTuple):
    """A message that came back, at a place of the master's time."""

    tick: float
    message: list[int]


@dataclass
class Take:
    """What was played and what came back."""

    sent: list[Sent]
    heard: list[Heard] = field(default_factory=list)

    def ons(self) -> list[Heard]:
        return [one for one in self.heard if one.message[0] & 0xF0 == _ON and one.message[2] > 0]

    def hung(self) -> set[tuple[int, int]]:
        """(channel, pitch) of what was not let go."""
        sounding: set[tuple[int, int]] = set()
        for _, (status, pitch, velocity) in self.heard:
            key = (status & 0x0F, pitch)
            if status & 0xF0 == _ON and velocity:
                sounding.add(key)
            elif status & 0xF0 in (_ON, _OFF):
                sounding.discard(key)
        return sounding


def chorale_line(beats: int = 8) -> list[Sent]:
    """The first line of "O Haupt voll Blut und Wunden", from its upbeat on the fourth beat, as keys."""
    song = demo_song()
    events = []
    for note in song.notes:
        start, end = (tick * TICKS_PER_BEAT // song.ticks_per_beat for tick in (note.start_tick, note.end_tick))
        if start < (beats + 3) * TICKS_PER_BEAT:
            events += [Sent(start, [_ON, note.pitch, 84]), Sent(end - 3, [_OFF, note.pitch, 0])]
    return sorted(events, key=lambda event: (event.tick, event.message[0]))


@contextmanager
def transport(server: JackServer) -> Iterator[None]:
    """``jack_midi_clock``, and JACK's transport rolling."""
    clock = server.start("jack_midi_clock", "-b", str(BPM), "-B", "-d", "0")
    try:
        server.port("jack_midi_clock:mclk_out")
        yield
    finally:
        roll(server, "stop")
        clock.terminate()
        clock.wait()
        if clock.stdout is not None:
            clock.stdout.close()


def roll(server: JackServer, what: str) -> None:
    """Tells JACK's transport to ``play`` or ``stop``, or to ``locate 0``."""
    subprocess.run(
        ["jack_transport"], env=server.environment, input=f"{what}\nquit\n", text=True, capture_output=True, check=True
    )


class Jam:
    """``chorale jam`` in a process of its own."""

    def __init__(self, server: JackServer, *options: str, cwd: Path | None = None) -> None:
        command = [*JAM, "jam", "--plain", *options]
        self.process = subprocess.Popen(
            command, env=server.environment, cwd=cwd or HOME, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def end(self, with_signal: int = signal.SIGINT) -> tuple[int, str, str]:
        """Asks it to end; its exit code and what it wrote."""
        self.process.send_signal(with_signal)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err

    def __enter__(self) -> Jam:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def play(player: Peer, recorder: Peer, take: Take, until_tick: int) -> None:
    """Plays in the master's time, and writes down what comes back, until a tick."""
    to_play = list(take.sent)
    tick, tick_s = -1, time.perf_counter()
    deadline_s = time.perf_counter() + 60 + until_tick * 60 / BPM / TICKS_PER_BEAT
    while tick < until_tick and time.perf_counter() < deadline_s:
        for message, time_s in player.take():
            if message == [0xF8]:
                tick, tick_s = tick + 1, time_s
            elif message in ([0xFA], [0xFB]):
                tick = -1
        due = [one.message for one in to_play if one.tick <= tick]
        if due:
            player.send(*due)
            to_play = to_play[len(due) :]
        note_down(recorder, take, tick, tick_s)
        time.sleep(0.002)


def note_down(recorder: Peer, take: Take, tick: int, tick_s: float) -> None:
    """Takes what has come back since the last time."""
    ticks_per_second = BPM * TICKS_PER_BEAT / 60
    for message, time_s in recorder.take():
        if message[0] & 0xF0 in (_ON, _OFF):
            take.heard.append(Heard(tick + (time_s - tick_s) * ticks_per_second, message))


def jam_through_jack(server: JackServer, *options: str, beats: int = 40, cwd: Path | None = None) -> Take:
    """The whole scenario; what was played and what came back, with the jam ended by Ctrl-C at last."""
    take = Take(chorale_line())
    with ExitStack() as stack:
        stack.enter_context(transport(server))
        recorder, player = stack.enter_context(Peer(server)), stack.enter_context(Peer(server))
        recorder.virtual_input("Synth")
        player.virtual_output("Keys")
        player.virtual_input("Watch")
        ports = ("--in", "Keys", "--out", "Synth", "--clock", "midi", "--clock-port", "jack_midi_clock")
        jam = stack.enter_context(Jam(server, *ports, *options, cwd=cwd))
        server.connect("jack_midi_clock:mclk_out", server.port("Watch"))
        wait_until(lambda: len(connections(server, "jack_midi_clock:mclk_out")) == 2, "the jam hears the clock")
        wait_until(lambda: connections(server, server.port("Synth")), "the jam speaks")
        roll(server, "play")
        play(player, recorder, take, beats * TICKS_PER_BEAT)
        code, out, err = jam.end()
        assert (code, err) == (0, ""), (out, err)
        until_s = time.perf_counter() + 0.5
        while time.perf_counter() < until_s:
            note_down(recorder, take, beats * TICKS_PER_BEAT, time.perf_counter())
            time.sleep(0.02)
    return take


def connections(server: JackServer, port: str) -> list[str]:
    """What a port is connected with."""
    lines = server.run("jack_lsp", "-c", port).stdout.splitlines()
    return [line.strip() for line in lines if line.startswith(" ")]


def write_midi(take: Take, path: Path) -> None:
    """The player's line and the four channels, as a MIDI file at the master's tempo."""
    tracks: list[tuple[str, Sequence[tuple[float, list[int]]]]] = [("Player", take.sent)]
    for channel, name in enumerate(("Soprano", "Alto", "Tenor", "Bass")):
        tracks.append((name, [one for one in take.heard if one.message[0] & 0x0F == channel]))
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    for name, events in tracks:
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        if not file.tracks:
            track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(BPM)))
        now = 0
        for tick, message in events:
            at = max(round(tick * 480 / TICKS_PER_BEAT), now)
            track.append(mido.Message.from_bytes(message, time=at - now))
            now = at
        file.tracks.append(track)
    file.save(path)


def main() -> None:
    """The scenario as a program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, default=Path("heard.mid"))
    parser.add_argument("--beats", type=int, default=40)
    arguments, options = parser.parse_known_args()
    with JackServer() as server:
        take = jam_through_jack(server, *options, beats=arguments.beats)
    write_midi(take, arguments.out)
    for tick, (status, pitch, velocity) in take.ons():
        beat = tick / TICKS_PER_BEAT
        sys.stdout.write(f"beat {beat:7.3f}  channel {(status & 0x0F) + 1}  {pitch_name(pitch):<4} {velocity}\n")
    sys.stdout.write(f"{len(take.ons())} notes came back, {len(take.hung())} hang; wrote {arguments.out}\n")


if __name__ == "__main__":
    main()
