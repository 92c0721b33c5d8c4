"""The files that a command writes: where they stand, and what is in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from companion.audio.wav import find_fluidsynth, wave_of_midi
from companion.errors import BadMidiFile, BadSetting, OutputFailed
from companion.files.midi import chorale_file
from companion.files.writing import refuse_existing, write_all
from companion.generation.composer import MODEL, Composed, voice_notes
from companion.generation.job import Job
from companion.music.song import VoiceEvent, VoiceNote
from companion.phrase.seed import Phrase
from companion.workbench.kept import kept_events, sounds
from companion.workbench.programs import CHOIR, program_of
from companion.workbench.trace import trace_file

MIDI_SUFFIXES = ("", ".mid", ".midi")


@dataclass(frozen=True)
class Outputs:
    """The files a command writes."""

    midi: Path
    wav: Path | None = None
    trace: Path | None = None
    soundfont: Path | None = None
    force: bool = False
    program: int | None = None  # from 0 on, of the voices that have none in their file; None: bare notes

    @classmethod
    def beside(
        cls,
        source: Path,
        word: str,
        out: Path | None = None,
        wav: bool = False,
        trace: Path | None = None,
        soundfont: Path | None = None,
        force: bool = False,
        program: str = CHOIR,
    ) -> Outputs:
        """Checked; where no name is given, ``song-continued.mid`` stands beside ``song.mid``."""
        midi = midi_place(source, word, out)
        sound = midi.with_suffix(".wav") if wav or soundfont is not None else None
        outputs = cls(midi, sound, trace, soundfont, force, program_of(program))
        outputs.check()
        return outputs

    def check(self) -> None:
        """Before any work: OutputExists or OutputFailed for the first that cannot be written.

        BadSetting where two have one name, since the second would replace the first, or where the
        soundfont is none; MissingExtra where there is no FluidSynth to play it.
        """
        paths = [path for path in (self.midi, self.wav, self.trace) if path is not None]
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
        return source.with_name(f"{source.stem}-{word}.mid")
    if not out.name:
        raise OutputFailed(f"cannot write {out}: it is a folder; name a file")
    if out.suffix.lower() not in MIDI_SUFFIXES:
        raise BadSetting(f"what is written is a MIDI file: its name must end in .mid, not {out.suffix}")
    return out


def write_outputs(job: Job, composed: Sequence[Composed], outputs: Outputs) -> None:
    """Write the MIDI file, and the sound and the trace where they are asked for: all of them or none."""
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
    )
    contents = {outputs.midi: midi}
    if outputs.wav is not None:
        contents[outputs.wav] = wave_of_midi(midi, outputs.soundfont)
    if outputs.trace is not None:
        contents[outputs.trace] = trace_file(job.generator.model.contract.name, composed)
    write_all(contents, force=outputs.force)


def _events(
    job: Job, notes: Sequence[VoiceNote], seam: Sequence[tuple[int, str]], program: int | None
) -> list[VoiceEvent]:
    """What was played beside notes, up to where new music begins, and what the voices sound like."""
    end_tick = max((note.end_tick for note in notes), default=0)
    kept = kept_events(job.song, job.phrase, seam[0][0] if seam and job.new_steps else end_tick, end_tick)
    return kept if program is None else [*sounds(kept, notes, program), *kept]


def _seam(composed: Iterable[Composed], phrase: Phrase) -> list[tuple[int, str]]:
    """A marker where the model goes on alone."""
    for one in composed:
        if one.origin == MODEL:
            return [(phrase.tick_of_step(one.frame.step - phrase.first_step), "Chorale Companion")]
    return []
