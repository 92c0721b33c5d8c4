"""The files that a command writes: where they stand, and what is in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from companion.audio.wav import find_fluidsynth, wave_of_midi
from companion.errors import BadMidiFile, BadSetting, OutputFailed
from companion.files.midi import chorale_file
from companion.files.streams import STANDARD_OUTPUT, is_dash, refuse_terminal, write_to_output
from companion.files.writing import refuse_existing, write_all
from companion.generation.composer import MODEL, Composed, voice_notes
from companion.generation.job import Job
from companion.music.song import VoiceEvent, VoiceNote
from companion.phrase.seed import Phrase
from companion.workbench.kept import kept_events, sounds
from companion.workbench.places import name_in, place_beside
from companion.workbench.programs import CHOIR, program_of
from companion.workbench.summary import Summary
from companion.workbench.trace import trace_file

MIDI_SUFFIXES = ("", ".mid", ".midi")


@dataclass(frozen=True)
class Outputs:
    """The files a command writes."""

    midi: Path  # - is standard output
    wav: Path | None = None
    trace: Path | None = None
    soundfont: Path | None = None
    force: bool = False
    program: int | None = None  # from 0 on, of the voices that have none in their file; None: bare notes
    quiet: bool = False  # nothing is said of what went well …
    brief: bool = False  # … or but a line, as of one file among many
    source: str = ""  # the name of the file that it is made of

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
    ) -> Outputs:
        """Where no name is given, ``song-continued.mid`` stands beside ``song.mid``.

        Raises:
            BadMidiFile, BadSetting, OutputFailed: the source or the place is no name of a MIDI file.
        """
        midi = midi_place(source, word, out)
        wants_sound = wav or soundfont is not None
        if wants_sound and is_dash(midi):
            raise BadSetting(
                f"the sound stands beside the MIDI file, and {STANDARD_OUTPUT} has no place; leave out --wav"
            )
        sound = midi.with_suffix(".wav") if wants_sound else None
        return cls(midi, sound, trace, soundfont, force, program_of(program), quiet, source=source.name)

    @property
    def paths(self) -> tuple[Path, ...]:
        """All that is written, the MIDI file first."""
        return tuple(path for path in (self.midi, self.wav, self.trace) if path is not None)

    @property
    def is_piped(self) -> bool:
        """The MIDI file goes to another program, so that people are spoken to on the error stream."""
        return is_dash(self.midi)

    def numbered(self, number: int) -> Outputs:
        """The same for one of several: ``song-continued-1.mid``, and so on."""
        wav, trace = (None if path is None else name_in(path, number) for path in (self.wav, self.trace))
        return replace(self, midi=name_in(self.midi, number), wav=wav, trace=trace)

    def check(self) -> None:
        """Before any work: OutputExists or OutputFailed for the first that cannot be written.

        BadSetting where two have one name, since the second would replace the first, or where the
        soundfont is none; MissingExtra where there is no FluidSynth to play it.
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
        if self.soundfont is not None:
            find_fluidsynth(self.soundfont)


def midi_place(source: Path, word: str, out: Path | None) -> Path:
    """Where the MIDI file goes: where it is asked for, else beside the source.

    Raises:
        BadMidiFile, BadSetting, OutputFailed: the source or the place is no name of a MIDI file.
    """
    if out is None:
        if not source.name:
            raise BadMidiFile(f"cannot read {source}: it is a folder")
        return source if is_dash(source) else place_beside(source, word)
    if is_dash(out):
        return out
    if not out.name:
        raise OutputFailed(f"cannot write {out}: it is a folder; name a file")
    if out.suffix.lower() not in MIDI_SUFFIXES:
        raise BadSetting(f"what is written is a MIDI file: its name must end in .mid, not {out.suffix}")
    return out


def write_outputs(job: Job, composed: Sequence[Composed], outputs: Outputs, summary: Summary | None = None) -> None:
    """Write the MIDI file, and the sound and the trace where they are asked for: all of them or none.

    summary: what is told of it in the MIDI file and in the trace.
    """
    write_contents(contents_of(job, composed, outputs, summary), outputs.force)


def contents_of(
    job: Job, composed: Sequence[Composed], outputs: Outputs, summary: Summary | None = None
) -> dict[Path, bytes]:
    """What ``write_outputs`` writes, in the order of ``outputs.paths``."""
    notes = [*job.phrase.notes, *voice_notes(composed, job.phrase, job.velocity, job.lead)]
    seam = _seam(composed, job.phrase)
    midi = chorale_file(
        notes,
        ticks_per_beat=job.song.ticks_per_beat,
        tempos=job.song.tempos,
        metres=job.song.metres,
        key=job.song.key,
        markers=seam,
        events=_events(job, notes, seam, outputs.program),
        text="" if summary is None else summary.text(),
    )
    contents = {outputs.midi: midi}
    if outputs.wav is not None:
        contents[outputs.wav] = wave_of_midi(midi, outputs.soundfont)
    if outputs.trace is not None:
        told = None if summary is None else summary.fields()
        contents[outputs.trace] = trace_file(job.generator.model.contract.name, composed, told)
    return contents


def write_contents(contents: Mapping[Path, bytes], force: bool) -> None:
    """Files, all of them or none; then what goes to standard output."""
    write_all({path: data for path, data in contents.items() if not is_dash(path)}, force=force)
    for path, data in contents.items():
        if is_dash(path):
            write_to_output(data)


def _events(
    job: Job, notes: Sequence[VoiceNote], seam: Sequence[tuple[int, str]], program: int | None
) -> list[VoiceEvent]:
    """What was played beside notes, up to where the model goes on, and what the voices sound like."""
    end_tick = max((note.end_tick for note in notes), default=0)
    kept = kept_events(job.song, job.phrase, seam[0][0] if seam else end_tick, end_tick)
    return kept if program is None else [*sounds(kept, notes, program), *kept]


def _seam(composed: Iterable[Composed], phrase: Phrase) -> list[tuple[int, str]]:
    """A marker where the model goes on alone."""
    for one in composed:
        if one.origin == MODEL:
            return [(phrase.tick_of_step(one.frame.step - phrase.first_step), "Chorale Companion")]
    return []
