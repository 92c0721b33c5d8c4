"""MIDI files: a song that is read, a chorale that is written.

What a song is stands in ``companion.song``, the bytes of the format in ``companion.smf``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from companion import smf
from companion.errors import BadMidiFile
from companion.output import write_output
from companion.song import EXPECTED, Key, Metre, Song, SongNote, Tempo, VoiceNote
from companion.vocabulary import VOICES

PERCUSSION = 9  # the channel on the wire; people call it 10
DEFAULT_BEAT_US = 500_000  # the file format's own: 120 beats a minute

MOST_BYTES = 10_000_000
MOST_NOTES = 1_000_000
MOST_BEATS = 200_000  # over 24 hours at 120 beats a minute; keeps frames within memory
FEWEST_TICKS_PER_BEAT = 4  # a step needs a tick of its own; coarser files are multiplied

Change = TypeVar("Change", bound=tuple[int, ...])  # something that holds from a tick on, its first number


def read_song(path: str | Path) -> Song:
    """Reads a MIDI file of format 0 or 1 (or of format 2 with a single track).

    A note that is never ended lasts to the end of its track. Where equal pitches overlap, the first
    to begin is the first to end.

    Raises:
        BadMidiFile: it cannot be read as music; the message is one line that names the file.
    """
    try:
        return _song(*smf.parse(_bytes_of(path)))
    except smf.FormatError as fault:
        raise BadMidiFile(f"{_one_line(path)} {fault}") from None


def _one_line(path: str | Path) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in str(path))


def _bytes_of(path: str | Path) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise BadMidiFile(f"cannot read {_one_line(path)}: {fault.strerror or fault}") from None
    except ValueError:  # a null byte in the name
        raise BadMidiFile(f"cannot read {_one_line(path)}: no such file name") from None
    if len(data) > MOST_BYTES:
        raise smf.FormatError(f"is larger than {MOST_BYTES // 1_000_000} MB; choose a shorter piece")
    return data


def _song(header: smf.Header, tracks: list[smf.Track]) -> Song:
    scale = 1 if header.ticks_per_beat >= FEWEST_TICKS_PER_BEAT else FEWEST_TICKS_PER_BEAT
    if sum(len(track.notes) for track in tracks) > 2 * MOST_NOTES:
        raise smf.FormatError(f"holds more than {MOST_NOTES} notes; choose a shorter piece")
    every = sorted(note for number, track in enumerate(tracks) for note in _notes(track, number, scale))
    notes = tuple(note for note in every if note.channel != PERCUSSION)
    if not every:
        raise smf.FormatError(f"holds no notes; {EXPECTED}")
    if not notes:
        raise smf.FormatError(f"holds only percussion (channel 10); {EXPECTED}")
    ticks_per_beat = header.ticks_per_beat * scale
    beats = -(-max(note.end_tick for note in notes) // ticks_per_beat)
    if beats > MOST_BEATS:
        raise smf.FormatError(f"lasts {beats} beats; at most {MOST_BEATS} are read")
    drums = len(every) - len(notes)
    metas = sorted((meta for track in tracks for meta in track.metas), key=lambda meta: meta.tick)
    return Song(
        notes,
        ticks_per_beat,
        _tempos(metas, scale),
        _metres(metas, scale),
        tuple(_name(track) for track in tracks),
        scale * max(track.length_ticks for track in tracks),
        _key(metas),
        (f"left out {drums} percussion note{'s' * (drums > 1)} (channel 10)",) if drums else (),
    )


def _notes(track: smf.Track, number: int, scale: int) -> list[SongNote]:
    """Pairs note-ons with note-offs; every note gets at least one tick."""
    notes: list[SongNote] = []
    sounding: dict[tuple[int, int], deque[smf.NoteEvent]] = {}

    def close(key: tuple[int, int], end_tick: int) -> None:
        start = sounding[key].popleft()
        ticks = start.tick * scale, max(end_tick, start.tick + 1) * scale
        notes.append(SongNote(*ticks, start.pitch, start.velocity, key[0], number))

    for event in track.notes:
        key = event.status & 0x0F, event.pitch
        if event.status >= smf.NOTE_ON and event.velocity:
            sounding.setdefault(key, deque()).append(event)
        elif sounding.get(key):
            close(key, event.tick)
    for key, starts in sounding.items():
        while starts:
            close(key, track.length_ticks)
    return notes


def _tempos(metas: list[smf.MetaEvent], scale: int) -> tuple[Tempo, ...]:
    """The tempo map; of several at one tick the last counts, and a beat of no length is left out."""
    beats = {
        meta.tick * scale: int.from_bytes(meta.data, "big")
        for meta in metas
        if meta.kind == smf.SET_TEMPO and len(meta.data) == 3 and any(meta.data)
    }
    return tuple(Tempo(tick, beat_us) for tick, beat_us in beats.items())


def _metres(metas: list[smf.MetaEvent], scale: int) -> tuple[Metre, ...]:
    """The time signatures; of several at one tick the last counts, and unknown ones are left out."""
    metres = {
        meta.tick * scale: (meta.data[0], 1 << meta.data[1])
        for meta in metas
        if meta.kind == smf.TIME_SIGNATURE and len(meta.data) >= 2 and meta.data[0] and meta.data[1] <= 6
    }
    return tuple(Metre(tick, *metre) for tick, metre in metres.items())


def _key(metas: list[smf.MetaEvent]) -> Key | None:
    """The first key signature that makes sense."""
    for meta in metas:
        if meta.kind == smf.KEY_SIGNATURE and len(meta.data) == 2:
            sharps = (meta.data[0] + 128) % 256 - 128
            if abs(sharps) <= 7 and meta.data[1] <= 1:
                return Key(sharps, meta.data[1] == 1)
    return None


def _name(track: smf.Track) -> str:
    """A track's name; UTF-8 where it is that, else Latin-1, as older programs write."""
    for meta in track.metas:
        if meta.kind == smf.TRACK_NAME:
            try:
                text = meta.data.decode("utf-8")
            except UnicodeDecodeError:
                text = meta.data.decode("latin-1")
            return text.strip("\0 \t\r\n")
    return ""


def write_chorale(
    path: str | Path,
    notes: Iterable[VoiceNote],
    *,
    ticks_per_beat: int,
    tempos: Sequence[tuple[int, int]] = (),
    metres: Sequence[tuple[int, int, int]] = (),
    key: tuple[int, bool] | None = None,
    markers: Sequence[tuple[int, str]] = (),
    force: bool = False,
) -> None:
    """Writes a file of format 1 with four tracks, one a voice, on channels 1-4.

    Tempos, time signatures, key and markers stand in the first of the four tracks: a fifth one
    would show up as an empty track in Live. The same arguments give the same bytes. A note that
    strikes a pitch again while its voice still holds it ends the earlier one.

    Args:
        notes: in any order.
        ticks_per_beat: 1..32767.
        tempos: (tick, microseconds a beat); 120 a minute until the first.
        metres: (tick, numerator, denominator); 4/4 until the first.
        key: (sharps, minor).
        markers: (tick, text).
        force: replace a file that exists.

    Raises:
        OutputExists: the file exists and ``force`` is not set.
        OutputFailed: it could not be written; what was there before still is.
        ValueError: a number is outside what a MIDI file can hold.
    """
    if not 1 <= ticks_per_beat <= 0x7FFF:
        raise ValueError(f"ticks_per_beat {ticks_per_beat} is outside 1..32767")
    conductor = _conductor_events(tempos, metres, key, markers)
    voices = [_apart(voice) for voice in _by_voice(notes)]
    end_tick = max([0, *(tick for tick, _ in conductor), *(n.end_tick for voice in voices for n in voice)])
    chunks = []
    for number, voice in enumerate(voices):
        name = (0, smf.encode_meta(smf.TRACK_NAME, VOICES[number].capitalize().encode()))
        events = [name, *(conductor if number == 0 else []), *_note_events(voice, number)]
        chunks.append(smf.encode_track(sorted(events, key=lambda event: event[0]), end_tick))
    write_output(path, smf.encode_file(ticks_per_beat, chunks), force=force)


def _conductor_events(
    tempos: Sequence[tuple[int, int]],
    metres: Sequence[tuple[int, int, int]],
    key: tuple[int, bool] | None,
    markers: Sequence[tuple[int, str]],
) -> list[tuple[int, bytes]]:
    """What holds for all voices, as events in the order of their ticks."""
    events = []
    for tick, numerator, denominator in _from_start(metres, (0, 4, 4)):
        if not 1 <= numerator <= 255 or denominator not in (1, 2, 4, 8, 16, 32, 64):
            raise ValueError(f"time signature {numerator}/{denominator} cannot be written")
        # clocks a metronome click: a beat of the denominator; 8 demisemiquavers a quarter, as everywhere
        click = max(1, 96 // denominator)
        data = bytes([numerator, denominator.bit_length() - 1, click, 8])
        events.append((int(tick), smf.encode_meta(smf.TIME_SIGNATURE, data)))
    if key is not None:
        data = bytes([key[0] % 256, int(key[1])])
        events.append((0, smf.encode_meta(smf.KEY_SIGNATURE, data)))
    for tick, beat_us in _from_start(tempos, (0, DEFAULT_BEAT_US)):
        if not 1 <= beat_us <= 0xFFFFFF:
            raise ValueError(f"a beat of {beat_us} us is outside 1..{0xFFFFFF}")
        events.append((int(tick), smf.encode_meta(smf.SET_TEMPO, int(beat_us).to_bytes(3, "big"))))
    for tick, text in markers:
        events.append((int(tick), smf.encode_meta(smf.TEXT_MARKER, text.encode())))
    return sorted(events, key=lambda event: event[0])


def _from_start(changes: Sequence[Change], default: Change) -> list[Change]:
    """The changes, with a default before them where nothing is said at tick 0."""
    return [*([] if any(change[0] == 0 for change in changes) else [default]), *changes]


def _by_voice(notes: Iterable[VoiceNote]) -> list[list[VoiceNote]]:
    """The notes of each voice, checked and with plain integers."""
    voices: list[list[VoiceNote]] = [[] for _ in VOICES]
    for given in notes:
        note = VoiceNote(*map(int, given))
        if not (0 <= note.pitch <= 127 and 1 <= note.velocity <= 127 and 0 <= note.start_tick < note.end_tick):
            raise ValueError(f"{note} cannot be written: pitch 0..127, velocity 1..127, start before end")
        if not 0 <= note.voice < len(VOICES):
            raise ValueError(f"voice {note.voice} is outside 0..{len(VOICES) - 1}")
        voices[note.voice].append(note)
    return voices


def _apart(notes: list[VoiceNote]) -> list[VoiceNote]:
    """No two notes of one pitch sound at once: the later strike ends the earlier one.

    Of notes that begin together the longest stays.
    """
    apart: list[VoiceNote] = []
    for note in sorted(notes, key=lambda note: (note.pitch, note.start_tick, -note.end_tick, -note.velocity)):
        before = apart[-1] if apart else None
        if before is not None and before.pitch == note.pitch and before.end_tick > note.start_tick:
            if before.start_tick == note.start_tick:
                continue
            apart[-1] = before._replace(end_tick=note.start_tick)
        apart.append(note)
    return apart


def _note_events(notes: list[VoiceNote], channel: int) -> list[tuple[int, bytes]]:
    """Note-ons and note-offs; at one tick the offs come first."""
    events = []
    for note in notes:
        events.append((note.end_tick, 0, bytes([smf.NOTE_OFF | channel, note.pitch, 64])))
        events.append((note.start_tick, 1, bytes([smf.NOTE_ON | channel, note.pitch, note.velocity])))
    return [(tick, event) for tick, _, event in sorted(events)]
