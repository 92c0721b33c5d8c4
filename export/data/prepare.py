"""Data sets for training: read, checked for leaks, written as .npz, and told about in plain lines.

A *leak* is a piece of the training part that is like one of the validation or test part, at any
transposition. The CSV set is published with its split, so its leaks are only listed; in the sets we
split ourselves, the training piece is left out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from companion.files.writing import write_output
from companion.screen.terminal import Progress, unseen
from export.data import jsb
from export.data.corpus import Corpus, Refusal, read_corpus
from export.data.folder import read_folder
from export.data.likeness import ALIKE_SHARE, SAME_SHARE, LikenessIndex, Match
from export.data.pieces import SPLITS, Piece, load_pieces, save_pieces

LEFT_OUT = "left out"  # in the place of a split
HELD_OUT_FORMAT = "chorale-held-out/1"

_HERE = Path(__file__).parent
MAP_PATH = _HERE / "jsb_to_music21.json"  # which corpus file each CSV piece is
HELD_OUT_PATH = _HERE / "held_out.json"  # where each corpus piece goes, worked out with the CSV set present


@dataclass(frozen=True)
class Leak:
    """A held-out piece, and a training piece that is like it."""

    held: str
    split: str  # of the held-out piece
    train: str
    share: float  # of the smaller one's progressions, 0..1
    semitones: int  # from the held-out piece to the training piece


@dataclass(frozen=True)
class Placement:
    """Where a piece of the corpus goes, and why."""

    split: str  # train, valid, test or LEFT_OUT
    reason: str = ""
    share: float | None = None  # of the likeness that decided, where one did


@dataclass(frozen=True)
class SetReport:
    """What became of one data set."""

    path: Path
    source: str  # where the pieces came from, and what decided the split
    counts: Mapping[str, int]  # pieces kept, by split
    steps: int  # frames kept in all
    refusals: tuple[Refusal, ...] = ()  # files that give no piece
    left_out: tuple[Refusal, ...] = ()  # good pieces kept out of everything, for their likeness
    leaks: tuple[Leak, ...] = ()  # that stay in the set
    notes: tuple[str, ...] = ()


def prepare_jsb(data: Path | None, out_dir: Path, *, force: bool = False, progress: Progress = unseen) -> SetReport:
    """The CSV set with its published split → ``out_dir/jsb.npz``; its leaks are listed and stay.

    Args:
        data: The archive; None fetches it from its public home.
        out_dir: Where the set is written.
        force: Whether a set that is there is written anew.
        progress: Called with held-out pieces compared and held-out pieces in all.

    Raises:
        FileExistsError: The set is there and ``force`` is not given.
        OSError: The archive cannot be read or fetched.
        ValueError: The archive is not the published one.
    """
    path = free_path(out_dir / "jsb.npz", force)
    pieces = jsb.pieces_of_archive(jsb.read_archive(data))
    leaks = find_leaks(pieces, progress)
    save_pieces(pieces, path)
    source = f"JSB CSV archive ({data or jsb.HOME}), with its published split"
    return _report(path, source, pieces, leaks=tuple(leaks))


def prepare_corpus(data: Path | None, out_dir: Path, *, force: bool = False, progress: Progress = unseen) -> SetReport:
    """The chorales of music21's corpus → ``out_dir/corpus.npz``, split so as to leak nothing.

    Pieces that are in the CSV set's valid or test part are in that part here; other pieces like any of
    those are left out; the rest is for training. Without the CSV set (no ``data`` and no
    ``out_dir/jsb.npz``) the list of held_out.json says the same; nothing is fetched.

    Args:
        data: The CSV archive, or None.
        out_dir: Where the set is written, and where a prepared CSV set is looked for.
        force: Whether a set that is there is written anew.
        progress: Called with files read and files in all.

    Raises:
        FileExistsError: The set is there and ``force`` is not given.
        MissingExtra: music21 is not installed.
        ValueError: The CSV archive is not the published one.
    """
    path = free_path(out_dir / "corpus.npz", force)
    csv_pieces, source = _csv_pieces(data, out_dir)
    corpus = read_corpus(progress)
    if csv_pieces is None:
        placements, notes = listed_placements(corpus.pieces, read_held_out()), list[str]()
    else:
        placements, notes = placements_by_likeness(corpus.pieces, csv_pieces)
    placements = leave_out_alike(corpus.pieces, placements)
    kept = _placed(corpus.pieces, placements)
    save_pieces(kept, path)
    return _report(
        path,
        f"music21's corpus; split by {source}",
        kept,
        refusals=corpus.refusals,
        left_out=_left_out(placements),
        leaks=tuple(find_leaks(kept)),
        notes=(*_quantised_note(corpus), *notes),
    )


def prepare_folder(
    folder: Path, out_dir: Path, name: str, *, force: bool = False, progress: Progress = unseen
) -> SetReport:
    """A folder of four-part MIDI files → ``out_dir/name.npz``, split 80/10/10 by file name.

    Training pieces like a validation or test piece are left out; so is every piece like one that the
    CSV or corpus set in ``out_dir`` holds out, so that models of this set can be scored on those.

    Args:
        folder: Read with everything below it.
        out_dir: Where the set is written, and where other prepared sets are looked for.
        name: What the set is called, without a suffix.
        force: Whether a set that is there is written anew.
        progress: Called with files read and files in all.

    Raises:
        FileExistsError: The set is there and ``force`` is not given.
        NotADirectoryError: There is no such folder.
        ValueError: The name is no file name, or no file of the folder gives a piece.
    """
    if not name or Path(name).name != name:
        raise ValueError(f"a data set is called by a plain file name, not {name!r}")
    path = free_path(out_dir / f"{name}.npz", force)
    read = read_folder(folder, progress)
    known = _held_by_other_sets(out_dir, path)
    placements = {piece.name: Placement(piece.split) for piece in read.pieces}
    placements = leave_out_alike(read.pieces, leave_out_known(read.pieces, placements, known))
    kept = _placed(read.pieces, placements)
    if not kept:
        reasons = [f"{each.name}: {each.reason}" for each in (*read.refusals, *_left_out(placements))]
        raise ValueError(f"no file in {folder} gives a piece ({'; '.join(reasons[:3])})")
    save_pieces(kept, path)
    return _report(
        path,
        f"MIDI files in {folder}; split by file name",
        kept,
        refusals=read.refusals,
        left_out=_left_out(placements),
        leaks=tuple(find_leaks(kept)),
        notes=(*_empty_split_notes(kept), *(f"{each.name}: {each.reason}" for each in read.notices)),
    )


def placements_by_likeness(
    pieces: Sequence[Piece], csv_pieces: Sequence[Piece]
) -> tuple[dict[str, Placement], list[str]]:
    """Where each corpus piece goes by comparison with the CSV set, and where the map disagrees with it."""
    held = [piece for piece in csv_pieces if piece.split != "train"]
    index = LikenessIndex(held)
    matches = {piece.name: index.matches(piece, ALIKE_SHARE) for piece in pieces}
    splits = {piece.name: piece.split for piece in held}
    mapped = read_map()
    placements = {name: _placement(name, found, splits, mapped) for name, found in matches.items()}
    return placements, _disagreements(matches, [piece.name for piece in held], mapped)


def _placement(name: str, found: Sequence[Match], splits: Mapping[str, str], mapped: Mapping[str, str]) -> Placement:
    """A held-out split where map and likeness agree that the piece is that one; else out, if it is like any."""
    for match in found:
        if mapped.get(match.name) == name and match.share >= SAME_SHARE:
            return Placement(splits[match.name], f"is {match.name}", round(match.share, 3))
    if found:
        return _left_out_for(found[0])
    return Placement("train")


def _disagreements(matches: Mapping[str, Sequence[Match]], held: Sequence[str], mapped: Mapping[str, str]) -> list[str]:
    """Where the map names another corpus piece than likeness does, or only one of them names any."""
    best: dict[str, tuple[float, str]] = {}
    for name, found in matches.items():
        for match in found:
            best[match.name] = max(best.get(match.name, (0.0, "")), (match.share, name))
    lines = []
    for name in held:
        share, likest = best.get(name, (0.0, ""))
        file = mapped.get(name)
        shares = {match.name: match.share for match in matches.get(file or "", ())}
        if file is None and share >= SAME_SHARE:
            lines.append(f"the map has no {name}, likeness says {likest} ({share:.2f})")
        elif file is not None and file not in matches:
            lines.append(f"the map says {name} is {file}, which gives no piece")
        elif file is not None and shares.get(name, 0.0) < SAME_SHARE:
            lines.append(f"the map says {name} is {file}, likeness only {shares.get(name, 0.0):.2f}")
        elif file is not None and shares[name] < share:
            lines.append(f"the map says {name} is {file} ({shares[name]:.2f}), likeness {likest} ({share:.2f})")
    return lines


def leave_out_alike(pieces: Sequence[Piece], placements: Mapping[str, Placement]) -> dict[str, Placement]:
    """The same placements, but training pieces like a held-out piece of the set itself are left out."""
    held = [piece for piece in pieces if placements[piece.name].split in {"valid", "test"}]
    training = [piece for piece in pieces if placements[piece.name].split == "train"]
    return leave_out_known(training, placements, held)


def leave_out_known(
    pieces: Sequence[Piece], placements: Mapping[str, Placement], known: Sequence[Piece]
) -> dict[str, Placement]:
    """The same placements, but those of these pieces that are like a known one are left out."""
    index = LikenessIndex(known)
    found = {piece.name: index.matches(piece, ALIKE_SHARE) for piece in pieces}
    return {**placements, **{name: _left_out_for(matches[0]) for name, matches in found.items() if matches}}


def _left_out_for(match: Match) -> Placement:
    return Placement(LEFT_OUT, f"like {match.name}{_moved(match.semitones)}", round(match.share, 3))


def listed_placements(pieces: Sequence[Piece], listed: Mapping[str, Placement]) -> dict[str, Placement]:
    """Where each corpus piece goes by the list; one that it does not know is left out, to be safe."""
    unknown = Placement(LEFT_OUT, "unknown to held_out.json, so never compared with the CSV set")
    return {piece.name: listed.get(piece.name, unknown) for piece in pieces}


def read_map(path: Path = MAP_PATH) -> dict[str, str]:
    """CSV piece → the name of the corpus piece that it is; without those that have none."""
    splits = json.loads(path.read_text())["splits"]
    return {
        f"jsb-{split}-{number}": Path(row["file"]).stem
        for split, rows in splits.items()
        for number, row in rows.items()
        if row["file"] is not None
    }


def read_held_out(path: Path | None = None) -> dict[str, Placement]:
    """The list that write_held_out wrote."""
    path = path or HELD_OUT_PATH
    content = json.loads(path.read_text())
    if content.get("format") != HELD_OUT_FORMAT:
        raise ValueError(f"{path} is of format {content.get('format')!r}, not {HELD_OUT_FORMAT!r}")
    return {name: Placement(**row) for name, row in content["pieces"].items()}


def write_held_out(data: Path | None, path: Path = HELD_OUT_PATH, progress: Progress = unseen) -> None:
    """Work out, with the CSV set present, where each corpus piece goes, and write it one line a piece."""
    csv_pieces = jsb.pieces_of_archive(jsb.read_archive(data))
    pieces = read_corpus(progress).pieces
    placements = leave_out_alike(pieces, placements_by_likeness(pieces, csv_pieces)[0])
    rows = [f"{json.dumps(name)}: {json.dumps(_row(placement))}" for name, placement in placements.items()]
    about = (
        "corpus piece -> its split, from comparison with the JSB CSV set; made by export.data.prepare.write_held_out"
    )
    head = json.dumps({"format": HELD_OUT_FORMAT, "about": about, "csv_sha256": jsb.SHA256, "alike": ALIKE_SHARE})
    text = head[:-1] + ', "pieces": {\n' + ",\n".join(rows) + "\n}}\n"
    write_output(path, text.encode(), force=True)


def _row(placement: Placement) -> dict[str, Any]:
    row: dict[str, Any] = {"split": placement.split}
    if placement.share is not None:
        row.update(reason=placement.reason, share=placement.share)
    return row


def find_leaks(pieces: Sequence[Piece], progress: Progress = unseen) -> list[Leak]:
    """Every pair of a held-out and a training piece of one set that are alike, the most alike first."""
    index = LikenessIndex([piece for piece in pieces if piece.split == "train"])
    held = [piece for piece in pieces if piece.split != "train"]
    leaks = []
    for done, piece in enumerate(held, start=1):
        for match in index.matches(piece, ALIKE_SHARE):
            leaks.append(Leak(piece.name, piece.split, match.name, match.share, match.semitones))
        progress(done, len(held))
    return sorted(leaks, key=lambda leak: (-leak.share, leak.held))


def describe_set(report: SetReport) -> list[str]:
    """The report in plain lines: what was kept, what was left out and why, and what leaks."""
    kept = ", ".join(f"{report.counts[split]} {split}" for split in SPLITS)
    lines = [
        f"wrote {report.path}: {kept}; {report.steps} steps",
        f"source: {report.source}",
    ]
    lines += refusal_lines(report.refusals)
    if report.left_out:
        lines.append(f"{_count(len(report.left_out), 'piece')} left out, so that nothing leaks:")
        lines += [f"  {refusal.name}: {refusal.reason}" for refusal in report.left_out]
    lines += _leak_lines(report.leaks)
    return lines + [f"note: {note}" for note in report.notes]


def refusal_lines(refusals: Sequence[Refusal]) -> list[str]:
    """Files that gave no piece, counted by reason; named where a reason has few."""
    if not refusals:
        return []
    lines = ["1 file gives no piece:" if len(refusals) == 1 else f"{len(refusals)} files give no piece:"]
    for reason, count in Counter(refusal.reason for refusal in refusals).most_common():
        names = [refusal.name for refusal in refusals if refusal.reason == reason]
        shown = ", ".join(names[:3]) + (", …" if count > 3 else "")
        lines.append(f"  {count} × {reason} ({shown})")
    return lines


def _leak_lines(leaks: Sequence[Leak]) -> list[str]:
    if not leaks:
        return [f"no leaks: no training piece shares {ALIKE_SHARE:.0%} of its progressions with a held-out one"]
    held = len({leak.held for leak in leaks})
    verb = "is" if held == 1 else "are"
    lines = [f"{_count(held, 'held-out piece')} {verb} like training pieces (share of the smaller one's progressions):"]
    return lines + [f"  {leak.held} ~ {leak.train}{_moved(leak.semitones)}: {leak.share:.2f}" for leak in leaks]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _moved(semitones: int) -> str:
    """The transposition in words, " at +2"; nothing where the two stand at the same pitch."""
    return f" at {semitones:+d}" if semitones else ""


def free_path(path: Path, force: bool) -> Path:
    """The path of a set that is to be written; FileExistsError where one is there and is not to be replaced."""
    if path.exists() and not force:
        raise FileExistsError(f"{path} is there already; give --force to write it anew")
    return path


def _csv_pieces(data: Path | None, out_dir: Path) -> tuple[list[Piece] | None, str]:
    """The CSV set where it is at hand, and what decides the split of the corpus."""
    prepared = out_dir / "jsb.npz"
    if data is not None:
        return jsb.pieces_of_archive(jsb.read_archive(data)), f"comparison with the CSV archive {data}"
    if prepared.exists():
        return load_pieces(prepared), f"comparison with the CSV set {prepared}"
    return None, f"the list {HELD_OUT_PATH.name}, as no CSV set is at hand"


def _held_by_other_sets(out_dir: Path, path: Path) -> list[Piece]:
    """The validation and test pieces of the chorale sets that are prepared in the same place."""
    others = [out_dir / f"{name}.npz" for name in ("jsb", "corpus")]
    found = [piece for other in others if other.exists() and other != path for piece in load_pieces(other)]
    return [piece for piece in found if piece.split != "train"]


def _empty_split_notes(pieces: Sequence[Piece]) -> list[str]:
    empty = [split for split in SPLITS if not any(piece.split == split for piece in pieces)]
    return [f"no piece fell to {split}; more files would fill it" for split in empty]


def _placed(pieces: Sequence[Piece], placements: Mapping[str, Placement]) -> list[Piece]:
    """The pieces that are kept, each with its split, in the order of split and name."""
    dealt = [replace(piece, split=placements[piece.name].split) for piece in pieces]
    kept = [piece for piece in dealt if piece.split in SPLITS]
    return sorted(kept, key=lambda piece: (SPLITS.index(piece.split), piece.name))


def _left_out(placements: Mapping[str, Placement]) -> tuple[Refusal, ...]:
    out = [(name, placement) for name, placement in placements.items() if placement.split == LEFT_OUT]
    return tuple(
        Refusal(name, placement.reason + ("" if placement.share is None else f" ({placement.share:.2f})"))
        for name, placement in out
    )


def _quantised_note(corpus: Corpus) -> list[str]:
    if not corpus.quantised:
        return []
    return [f"a few notes shorter than a 16th were put on the grid in {', '.join(corpus.quantised)}"]


def _report(path: Path, source: str, pieces: Sequence[Piece], **found: Any) -> SetReport:
    counts = {split: sum(piece.split == split for piece in pieces) for split in SPLITS}
    return SetReport(path, source, counts, sum(len(piece.frames) for piece in pieces), **found)
