"""Sets of tunes for the melody models: sopranos and folk songs, or anybody's melodies, split so as to leak nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from companion.screen.terminal import Progress, unseen
from export.data.corpus import Refusal
from export.data.likeness import ALIKE_TUNES, LikenessIndex, turns_of_tune
from export.data.pieces import SPLITS, Piece, load_pieces, save_pieces
from export.data.prepare import SetReport, free_path, refusal_lines
from export.data.tunes import read_books, read_melodies, soprano_of

TUNE_SET = "tunes"
SHOWN = 5  # tunes left out that are named


def prepare_tunes(out_dir: Path, *, force: bool = False, progress: Progress = unseen) -> SetReport:
    """The sopranos of the corpus set and the folk songs of music21 → ``out_dir/tunes.npz``.

    The sopranos keep their parts. The folk songs of the books that the judge reads are for the test alone.

    Raises:
        FileExistsError: The set is there and ``force`` is not given.
        FileNotFoundError: The corpus set is not prepared.
        MissingExtra: music21 is not installed.
    """
    path = free_path(out_dir / f"{TUNE_SET}.npz", force)
    sopranos = [soprano_of(piece) for piece in load_pieces(out_dir / "corpus.npz")]
    songs, refusals = read_books(progress)
    source = f"{len(sopranos)} sopranos of the corpus set, {len(songs)} folk songs of music21 (Essen)"
    return _written(path, source, [*sopranos, *songs], refusals)


def prepare_melodies(
    folder: Path, out_dir: Path, name: str, *, force: bool = False, progress: Progress = unseen
) -> SetReport:
    """A folder of MIDI files of one voice → ``out_dir/name.npz``, split 80/10/10 by file name.

    Tunes like those that the set ``tunes`` in ``out_dir`` holds out are left out, so that a model of this set can
    be scored on those.

    Raises:
        FileExistsError: The set is there and ``force`` is not given.
        NotADirectoryError: There is no such folder.
        ValueError: No file of the folder gives a tune.
    """
    path = free_path(out_dir / f"{name}.npz", force)
    melodies, refusals = read_melodies(folder, progress)
    if not melodies:
        reasons = [f"{each.name}: {each.reason}" for each in refusals]
        raise ValueError(f"no file in {folder} gives a tune ({'; '.join(reasons[:3])})")
    others = out_dir / f"{TUNE_SET}.npz"
    known = [tune for tune in load_pieces(others) if tune.split != "train"] if others.exists() else []
    return _written(path, f"tunes in {folder}; split by file name", melodies, refusals, known)


def _written(
    path: Path, source: str, tunes: Sequence[Piece], refusals: Sequence[Refusal], known: Sequence[Piece] = ()
) -> SetReport:
    kept, left_out = without_leaks(tunes, known)
    if not kept:
        raise ValueError(f"every tune is like one that is held out ({left_out[0].name}: {left_out[0].reason})")
    save_pieces(kept, path)
    counts = {split: sum(tune.split == split for tune in kept) for split in SPLITS}
    steps = sum(len(tune.frames) for tune in kept)
    return SetReport(path, source, counts, steps, tuple(refusals), tuple(left_out))


def without_leaks(tunes: Sequence[Piece], known: Sequence[Piece] = ()) -> tuple[list[Piece], list[Refusal]]:
    """The tunes in the order of their parts and names, without those like any of a part held out more strictly.

    That is: none that is learned from is like one of the other parts, none of the validation like one of the test,
    and none at all like a known one. Likeness is by intervals and rhythm, in any key.
    """
    kept: list[Piece] = []
    left_out: list[Refusal] = []
    for split in reversed(SPLITS):
        index = LikenessIndex([*known, *kept], turns_of_tune)
        for tune in sorted((tune for tune in tunes if tune.split == split), key=lambda tune: tune.name):
            found = index.matches(tune, ALIKE_TUNES)
            if found:
                left_out.append(Refusal(tune.name, f"like {found[0].name} ({found[0].share:.2f})"))
            else:
                kept.append(tune)
    order = {split: number for number, split in enumerate(SPLITS)}
    return sorted(kept, key=lambda tune: order[tune.split]), left_out


def describe_tunes(report: SetReport) -> list[str]:
    """The report in plain lines; what was left out is counted, and some of it named."""
    kept = ", ".join(f"{report.counts[split]} {split}" for split in SPLITS)
    lines = [f"wrote {report.path}: {kept}; {report.steps} steps", f"source: {report.source}"]
    lines += refusal_lines(report.refusals)
    if report.left_out:
        count = len(report.left_out)
        lines.append(f"{count} tune{'s' * (count > 1)} left out, so that nothing leaks:")
        lines += [f"  {each.name}: {each.reason}" for each in report.left_out[:SHOWN]]
        lines += [f"  and {count - SHOWN} more"] * (count > SHOWN)
    return lines
