"""The files that a command writes: where they stand, and what is in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from companion.errors import BadMidiFile, BadSetting, OutputFailed
from companion.files.midi import chorale_file
from companion.files.streams import STANDARD_OUTPUT, is_dash, refuse_terminal, write_to_output
from companion.files.writing import refuse_existing, write_all
from companion.generation.composer import MODEL, Composed, voice_notes
from companion.generation.job import Job
from companion.music.song import VoiceEvent, VoiceNote
from companion.phrase.seed import Phrase
from companion.workbench.kept import kept_events, sounds
from companion.workbench.kinds import MIDI, PACKED, PICTURES, WRITTEN, written_kind
from companion.workbench.places import name_in, place_beside
from companion.workbench.programs import CHOIR, program_of
from companion.workbench.summary import Summary
from companion.workbench.table import table_file
from companion.workbench.trace import IN_LINES, IN_ONE, IN_ROWS, trace_ending, trace_file, trace_lines

_TRACES = {IN_ONE: trace_file, IN_LINES: trace_lines, IN_ROWS: table_file}


@dataclass(frozen=True)
class Outputs:
    """The files a command writes."""

    midi: Path  # the music: MIDI, or MusicXML where its name says so; - is standard output
    wav: Path | None = None
    trace: Path | None = None
    soundfont: Path | None = None
    force: bool = False
    program: int | None = None  # from 0 on, of the voices that have none in their file; None: bare notes
    pictures: tuple[Path, ...] = ()  # of the score, by their endings
    quiet: bool = False  # nothing is said of what went well …
    brief: bool = False  # … or but a line, as of one file among many
    source: str = ""  # the name of the file that it is made of

    def __post_init__(self) -> None:
        if self.trace is not None and is_dash(self.trace):
            raise BadSetting(f"{STANDARD_OUTPUT} (-) takes the music alone; name a file for --trace")

    @classmethod
    def beside(cls, source: Path, word: str, **asked: Any) -> Outputs:
        """Checked, as ``check`` says; of what may be asked see ``planned``."""
        outputs = cls.planned(source, word, **asked)
        outputs.check()
        return outputs

    @classmethod
    def planned(
        cls,
        source: Path,
        word: str,
        out: Path | None = None,
        wav: bool = False,
        trace: Path | None = None,
        soundfont: Path | None = None,
        force: bool = False,
        program: str = CHOIR,
        quiet: bool = False,
        **pictures: bool,
    ) -> Outputs:
        """Where no name is given, ``song-continued.mid`` stands beside ``song.mid``.

        pictures: ``png``, ``svg`` and ``pdf``, each true where it is wanted.

        Raises:
            BadMidiFile, BadSetting, OutputFailed: the source or the place is no name of a file of music.
        """
        midi = midi_place(source, word, out)
        wanted = [kind for kind, is_wanted in pictures.items() if is_wanted]
        sounds_too = wav or soundfont is not None
        if is_dash(midi) and (sounds_too or wanted):
            what, option = ("sound", "wav") if sounds_too else ("picture", wanted[0])
            raise BadSetting(
                f"the {what} stands beside the music, and {STANDARD_OUTPUT} has no place; leave out --{option}"
            )
        sound = midi.with_suffix(".wav") if sounds_too else None
        drawn = tuple(midi.with_suffix(f".{kind}") for kind in wanted)
        return cls(midi, sound, trace, soundfont, force, program_of(program), drawn, quiet, source=source.name)

    @property
    def paths(self) -> tuple[Path, ...]:
        """All that is written, the music first."""
        return tuple(path for path in (self.midi, self.wav, self.trace, *self.pictures) if path is not None)

    @property
    def is_piped(self) -> bool:
        """The music goes to another program, so that people are spoken to on the error stream."""
        return is_dash(self.midi)

    def numbered(self, number: int) -> Outputs:
        """The same for one of several: ``song-continued-1.mid``, and so on."""
        wav, trace = (None if path is None else name_in(path, number) for path in (self.wav, self.trace))
        pictures = tuple(name_in(path, number) for path in self.pictures)
        return replace(self, midi=name_in(self.midi, number), wav=wav, trace=trace, pictures=pictures)

    def check(self) -> None:
        """Before any work: OutputExists or OutputFailed for the first that cannot be written.

        BadSetting where two have one name, since the second would replace the first, where a trace cannot
        be of that kind, or where the soundfont is none; MissingExtra where there is no FluidSynth to play it.
        """
        if self.is_piped:
            refuse_terminal()
        paths = [path for path in self.paths if not is_dash(path)]
        for path in paths:
            refuse_existing(path, force=self.force)
        names = [os.path.realpath(path) for path in paths]
        for path, name in zip(paths, names, strict=True):
            if names.count(name) > 1:
                raise BadSetting(f"two outputs have one name: {path}; choose another for one of them")
        if self.trace is not None:
            trace_ending(self.trace)
        if self.soundfont is not None:
            from companion.audio.wav import find_fluidsynth  # noqa: PLC0415 - sound is loaded for sound alone

            find_fluidsynth(self.soundfont)


def midi_place(source: Path, word: str, out: Path | None) -> Path:
    """Where the music goes: where it is asked for, else beside the source, as a file of its kind.

    Raises:
        BadMidiFile, BadSetting, OutputFailed: the source or the place is no name of a file of music.
    """
    if out is None:
        if not source.name:
            raise BadMidiFile(f"cannot read {source}: it is a folder")
        return source if is_dash(source) else place_beside(source, word)
    if is_dash(out):
        return out
    if not out.name:
        raise OutputFailed(f"cannot write {out}: it is a folder; name a file")
    if written_kind(out) is None:
        beside_it = out.suffix.lower().lstrip(".")
        hint = f"; add --{beside_it} for that beside it" if beside_it in (*PICTURES, "wav") else ""
        raise BadSetting(f"what is written must end in {WRITTEN}, not {out.suffix}{hint}")
    return out


def write_outputs(job: Job, composed: Sequence[Composed], outputs: Outputs, summary: Summary | None = None) -> None:
    """Write the music, and the sound, the trace and the pictures where they are asked for: all of them or none.

    summary: what is told of it in the MIDI file and in the trace.
    """
    write_contents(contents_of(job, composed, outputs, summary).files, outputs.force)


class Contents(NamedTuple):
    """What is to be written."""

    files: dict[Path, bytes]  # in the order of the outputs' paths
    said: tuple[str, ...] = ()  # lines for the user


def contents_of(job: Job, composed: Sequence[Composed], outputs: Outputs, summary: Summary | None = None) -> Contents:
    """What ``write_outputs`` writes."""
    notes = all_notes(job, composed)
    files = {outputs.midi: midi_file(job, composed, notes, outputs.program, summary)}
    if outputs.wav is not None:
        from companion.audio.wav import wave_of_midi  # noqa: PLC0415

        files[outputs.wav] = wave_of_midi(files[outputs.midi], outputs.soundfont)
    if outputs.trace is not None:
        told = None if summary is None else summary.fields()
        files[outputs.trace] = _TRACES[trace_ending(outputs.trace)](job, composed, notes, told)
    if written_kind(outputs.midi) == MIDI and not outputs.pictures:
        return Contents(files)
    notated = _notated(job, composed, outputs)
    return Contents({**files, **notated.files}, notated.said)


def midi_file(
    job: Job, composed: Sequence[Composed], notes: Sequence[VoiceNote], program: int | None, summary: Summary | None
) -> bytes:
    """A job's music, with what was played beside notes; see ``Outputs`` for the program."""
    seam, key = _seam(composed, job.phrase), job.song.key
    return chorale_file(
        notes,
        ticks_per_beat=job.song.ticks_per_beat,
        tempos=job.song.tempos,
        metres=job.song.metres,
        key=None if key is None else (key.sharps, key.minor),
        markers=seam,
        events=_events(job, notes, seam, program),
        text="" if summary is None else summary.text(),
    )


def write_contents(contents: Mapping[Path, bytes], force: bool) -> None:
    """Files, all of them or none; then what goes to standard output."""
    write_all({path: data for path, data in contents.items() if not is_dash(path)}, force=force)
    for path, data in contents.items():
        if is_dash(path):
            write_to_output(data)


def all_notes(job: Job, composed: Sequence[Composed]) -> list[VoiceNote]:
    """What was played, and what the model added."""
    return [*job.phrase.notes, *voice_notes(composed, job.phrase, job.velocity, job.lead)]


def _events(
    job: Job, notes: Sequence[VoiceNote], seam: Sequence[tuple[int, str]], program: int | None
) -> list[VoiceEvent]:
    """What was played beside notes, up to where new music begins, and what the voices sound like."""
    end_tick = max((note.end_tick for note in notes), default=0)
    kept = kept_events(job.song, job.phrase, seam[0][0] if seam and job.new_steps else end_tick, end_tick)
    return kept if program is None else [*sounds(kept, notes, program), *kept]


def _notated(job: Job, composed: Sequence[Composed], outputs: Outputs) -> Contents:
    """The score and its pictures, as they are asked for."""
    from companion.notation.musicxml.writing import musicxml  # noqa: PLC0415
    from companion.notation.musicxml.xmltree import pack  # noqa: PLC0415
    from companion.notation.pictures import picture  # noqa: PLC0415 - notation is loaded for notation alone
    from companion.workbench.sheets import score_of_job  # noqa: PLC0415

    score = score_of_job(job, composed)
    files, said = {}, list(score.notices)
    kind = written_kind(outputs.midi)
    if kind != MIDI:
        files[outputs.midi] = pack(musicxml(score)) if kind == PACKED else musicxml(score)
    for path in outputs.pictures:
        files[path], hint = picture(score, path.suffix.lstrip("."))
        said += [hint] if hint and hint not in said else []
    return Contents(files, tuple(said))


def _seam(composed: Iterable[Composed], phrase: Phrase) -> list[tuple[int, str]]:
    """A marker where the model goes on alone."""
    for one in composed:
        if one.origin == MODEL:
            return [(phrase.tick_of_step(one.frame.step - phrase.first_step), "Chorale Companion")]
    return []
