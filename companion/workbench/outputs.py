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
from companion.phrase.seed import Phrase
from companion.workbench.kinds import MIDI, PACKED, PICTURES, WRITTEN, beside, written_kind
from companion.workbench.trace import trace_file


@dataclass(frozen=True)
class Outputs:
    """The files a command writes."""

    midi: Path  # the music: MIDI, or MusicXML where its name says so
    wav: Path | None = None
    trace: Path | None = None
    soundfont: Path | None = None
    force: bool = False
    pictures: tuple[Path, ...] = ()  # of the score, by their endings

    @property
    def places(self) -> list[Path]:
        """All of them."""
        return [path for path in (self.midi, self.wav, self.trace, *self.pictures) if path is not None]

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
        **pictures: bool,
    ) -> Outputs:
        """Checked; where no name is given, ``song-continued.mid`` stands beside ``song.mid``.

        pictures: ``png``, ``svg`` and ``pdf``, each true where it is wanted.
        """
        midi = midi_place(source, word, out)
        sound = midi.with_suffix(".wav") if wav or soundfont is not None else None
        drawn = tuple(midi.with_suffix(f".{kind}") for kind, wanted in pictures.items() if wanted)
        outputs = cls(midi, sound, trace, soundfont, force, drawn)
        outputs.check()
        return outputs

    def check(self) -> None:
        """Before any work: OutputExists or OutputFailed for the first that cannot be written.

        BadSetting where two have one name, since the second would replace the first, or where the
        soundfont is none; MissingExtra where there is no FluidSynth to play it.
        """
        paths = self.places
        for path in paths:
            refuse_existing(path, force=self.force)
        names = [os.path.realpath(path) for path in paths]
        for path, name in zip(paths, names, strict=True):
            if names.count(name) > 1:
                raise BadSetting(f"two outputs have one name: {path}; choose another for one of them")
        if self.soundfont is not None:
            find_fluidsynth(self.soundfont)


def midi_place(source: Path, word: str, out: Path | None) -> Path:
    """Where the music goes: where it is asked for, else beside the source, as a file of its kind.

    Raises:
        BadMidiFile, BadSetting, OutputFailed: the source or the place is no name of a file of music.
    """
    if out is None:
        if not source.name:
            raise BadMidiFile(f"cannot read {source}: it is a folder")
        return beside(source, word)
    if not out.name:
        raise OutputFailed(f"cannot write {out}: it is a folder; name a file")
    if written_kind(out) is None:
        beside_it = out.suffix.lower().lstrip(".")
        hint = f"; add --{beside_it} for that beside it" if beside_it in (*PICTURES, "wav") else ""
        raise BadSetting(f"what is written must end in {WRITTEN}, not {out.suffix}{hint}")
    return out


def write_outputs(job: Job, composed: Sequence[Composed], outputs: Outputs) -> list[str]:
    """Write the music, and the sound, the trace and the pictures where they are asked for: all of them or none.

    Returns:
        Lines for the user.
    """
    midi = _midi_file(job, composed)
    contents = {outputs.midi: midi}
    said: list[str] = []
    if written_kind(outputs.midi) != MIDI or outputs.pictures:
        notated, said = _notated(job, composed, outputs)
        contents |= notated
    if outputs.wav is not None:
        contents[outputs.wav] = wave_of_midi(midi, outputs.soundfont)
    if outputs.trace is not None:
        contents[outputs.trace] = trace_file(job.generator.model.contract.name, composed)
    write_all(contents, force=outputs.force)
    return said


def _midi_file(job: Job, composed: Sequence[Composed]) -> bytes:
    return chorale_file(
        [*job.phrase.notes, *voice_notes(composed, job.phrase, job.velocity, job.lead)],
        ticks_per_beat=job.song.ticks_per_beat,
        tempos=job.song.tempos,
        metres=job.song.metres,
        key=job.song.key,
        markers=_seam(composed, job.phrase),
    )


def _notated(job: Job, composed: Sequence[Composed], outputs: Outputs) -> tuple[dict[Path, bytes], list[str]]:
    """The score and its pictures, as they are asked for, and what is to be said of them."""
    from companion.notation.musicxml.writing import musicxml  # noqa: PLC0415
    from companion.notation.musicxml.xmltree import pack  # noqa: PLC0415
    from companion.notation.pictures import picture  # noqa: PLC0415 - notation is loaded for notation alone
    from companion.workbench.sheets import score_of_job  # noqa: PLC0415

    score = score_of_job(job, composed)
    contents, said = {}, list(score.notices)
    kind = written_kind(outputs.midi)
    if kind != MIDI:
        contents[outputs.midi] = pack(musicxml(score)) if kind == PACKED else musicxml(score)
    for path in outputs.pictures:
        contents[path], hint = picture(score, path.suffix.lstrip("."))
        said += [hint] if hint and hint not in said else []
    return contents, said


def _seam(composed: Iterable[Composed], phrase: Phrase) -> list[tuple[int, str]]:
    """A marker where the model goes on alone."""
    for one in composed:
        if one.origin == MODEL:
            return [(phrase.tick_of_step(one.frame.step - phrase.first_step), "Chorale Companion")]
    return []
