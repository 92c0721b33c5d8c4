"""``chorale-train``: prepare data, train, export, score. Everything heavy is imported where it is used."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING, Annotated, Any

import typer

from companion.controls.table import DEFAULT_STYLE
from companion.errors import BadSetting, ChoraleError, MissingExtra, one_line
from companion.screen.say import print_out, run_printing_help, safe_streams, say
from companion.screen.terminal import progress_bar
from export.models.registry import ARCHITECTURES

if TYPE_CHECKING:
    from companion.model.runtime import Model
    from companion.sampling.draw import Sampling
    from export.data.pieces import Piece
    from export.training.fit import FitSettings

app = typer.Typer(
    help="Train chorale models: data, Keras training, ONNX export with proof, scores.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

CORPUS, JSB, TUNES = "corpus", "jsb", "tunes"

DataDir = Annotated[Path, typer.Option("--data-dir", help="Where prepared sets lie.")]
Data = Annotated[Path | None, typer.Option("--data", help="The JSB archive; else it is fetched from its public home.")]
Anew = Annotated[bool, typer.Option("--force", help="Replace what exists.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main() -> None:
    """Run the program; a fault of the user's is one line and exit code 1."""
    with safe_streams():
        try:
            run_printing_help(app)
        except (ChoraleError, OSError, ValueError) as error:
            say(f"chorale-train: {one_line(error)}", err=True)
            sys.exit(1)


@app.command(epilog="Example: chorale-train prepare corpus jsb --data jsb_chorales.tgz")
def prepare(
    sets: Annotated[
        list[str] | None,
        typer.Argument(
            help="corpus (music21's), jsb (the CSV set), tunes (of one voice), or a folder of four-part MIDI files."
        ),
    ] = None,
    data: Data = None,
    data_dir: DataDir = Path("data"),
    melodies: Annotated[
        bool, typer.Option("--melodies", help="The MIDI files of the folder are of one voice, for the melody models.")
    ] = False,
    force: Anew = False,
) -> None:
    """Build training data; counts what is kept, left out and why, and lists leaks."""
    from export.data import prepare as work  # noqa: PLC0415

    for name in sets or [CORPUS]:
        if name == TUNES or melodies:
            say(*_tune_set(name, data_dir, force))
            continue
        if name == CORPUS:
            _need("music21")
        with progress_bar(f"preparing {name}", None) as progress:
            if name == CORPUS:
                report = work.prepare_corpus(data, data_dir, force=force, progress=progress)
            elif name == JSB:
                report = work.prepare_jsb(data, data_dir, force=force, progress=progress)
            elif Path(name).is_dir():
                folder = Path(name)
                report = work.prepare_folder(folder, data_dir, _name_of_set(folder), force=force, progress=progress)
            else:
                raise BadSetting(f"no data set {name!r}: give {CORPUS}, {JSB}, {TUNES} or a folder of MIDI files")
        say(*work.describe_set(report))


def _tune_set(name: str, data_dir: Path, force: bool) -> list[str]:
    """Prepares the tunes, or a folder of melodies; what to say of it."""
    from export.data import prepare_tunes as work  # noqa: PLC0415

    with progress_bar(f"preparing {name}", None) as progress:
        if name == TUNES:
            return work.describe_tunes(work.prepare_tunes(data_dir, force=force, progress=progress))
        folder = Path(name)
        called = _name_of_set(folder)
        return work.describe_tunes(work.prepare_melodies(folder, data_dir, called, force=force, progress=progress))


def _name_of_set(folder: Path) -> str:
    """What the set of a folder is called; BadSetting where another one is."""
    name = folder.resolve().name
    if name in (CORPUS, JSB, TUNES):
        raise BadSetting(f"a set called {name} exists already: rename the folder {folder}")
    return name


@app.command("fit", epilog="Example: chorale-train fit gru --sets corpus,jsb --epochs 56 --seed 1")
def fit_command(
    name: Annotated[
        str, typer.Argument(help=f"The architecture: {', '.join(ARCHITECTURES[:-1])} or {ARCHITECTURES[-1]}.")
    ],
    sets: Annotated[
        str | None, typer.Option("--sets", help="Prepared sets to train on, with commas. Default: corpus, or tunes.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="In place of sets, any MIDI files of a folder: for biaxial-lstm.")
    ] = None,
    data_dir: DataDir = Path("data"),
    run: Annotated[Path | None, typer.Option("--run", help="The run's folder. Default: runs/NAME.")] = None,
    epochs: Annotated[int, typer.Option("--epochs", min=1)] = 56,
    batches: Annotated[int, typer.Option("--batches", min=1, help="Batches an epoch.")] = 50,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Crops a batch.")] = 16,
    crop: Annotated[int, typer.Option("--crop", min=2, help="Steps of a crop.")] = 64,
    known_voices: Annotated[
        float, typer.Option("--known-voices", min=0, max=1, help="Share of crops in which some voices are given.")
    ] = 0.0,
    any_order: Annotated[
        float, typer.Option("--any-order", min=0, max=1, help="Share of crops with the voices in a random order.")
    ] = 0.3,
    short_every: Annotated[
        int, typer.Option("--short-every", min=0, help="Of so many batches one is of crops of 16 steps; 0: none is.")
    ] = 0,
    shares: Annotated[
        str, typer.Option("--shares", help="Other shares of crops, as JSON, such as '{\"closes_dropped\": 0.7}'.")
    ] = "{}",
    learning_rate: Annotated[float, typer.Option("--learning-rate", help="At its peak.")] = 2e-3,
    weight_decay: Annotated[float, typer.Option("--weight-decay", min=0, help="Of AdamW.")] = 0.01,
    patience: Annotated[int, typer.Option("--patience", min=1, help="Epochs to wait for a better validation.")] = 15,
    model: Annotated[str, typer.Option("--model", help="The architecture's own settings, as JSON.")] = "{}",
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
    start: Annotated[Path | None, typer.Option("--start", help="Begin from the best weights of this run.")] = None,
    teachers: Annotated[
        str, typer.Option("--teachers", help="Runs, with commas between, whose best weights teach this one.")
    ] = "",
    taught: Annotated[
        float, typer.Option("--taught", min=0, max=1, help="How much what they expect counts; the rest is the note.")
    ] = 0.9,
    beginnings_taught: Annotated[
        bool,
        typer.Option("--beginnings-taught/--beginnings-alone", help="How crops begin is taught, or learned alone."),
    ] = True,
    published: Annotated[
        bool, typer.Option("--published", help="With the data, optimiser and schedule of the architecture's authors.")
    ] = False,
    distribute: Annotated[
        str,
        typer.Option("--distribute", help="data: every device takes a part of each batch (with KERAS_BACKEND=jax)."),
    ] = "",
    threads: Annotated[int, typer.Option("--threads", help="Cores to use; 0 is all.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
) -> None:
    """Train a model; a stopped run goes on with --resume. Curves: RUN/curves.png and TensorBoard."""
    _use_threads(threads)
    _need("keras", "tensorflow", "matplotlib")
    if distribute:
        from export.training import distribution  # noqa: PLC0415

        devices = distribution.distribute(distribute, _batch_size(name, batch_size, published))
        say(f"{devices} devices, each with a part of every batch")
    from export.models.registry import build  # noqa: PLC0415
    from export.training.crops import CropSettings  # noqa: PLC0415
    from export.training.fit import FitSettings, as_published, fit, unit_of  # noqa: PLC0415
    from export.training.progress import show_progress  # noqa: PLC0415

    usual = TUNES if _sings_tunes(name) else CORPUS
    settings = FitSettings(
        name,
        tuple((sets or usual).split(",")) if data is None else (data.resolve().name,),
        model=_json_object(model, "--model", '{"units": 128}'),
        crops=CropSettings(
            crop, batch_size, known_voices=known_voices, any_order=any_order, short_every=short_every
        ).with_shares(_json_object(shares, "--shares", '{"closes_dropped": 0.7}')),
        epochs=epochs,
        batches_per_epoch=batches,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        patience=patience,
        seed=seed,
        teachers=tuple(run for run in teachers.split(",") if run),
        taught=taught,
        beginnings_taught=beginnings_taught,
        start="" if start is None else str(start),
        rolls="" if data is None else str(data),
    )
    build(name, **settings.model)  # a wrong name or setting is told before any data is read
    train, valid = _material(settings, data_dir)
    settings = as_published(settings, train) if published else settings
    folder = run or Path("runs") / (f"{name}-published" if published else name)
    say(f"{len(train)} pieces to train on, {len(valid)} to check with; run folder {folder}")
    try:
        with show_progress(settings.epochs, folder) as callbacks:
            state = fit(settings, train, valid, folder, resume, callbacks)
    except KeyboardInterrupt:
        say("chorale-train: stopped; the same command with --resume goes on", err=True)
        raise typer.Exit(130) from None
    best = f"{state['best']:.4f} {unit_of(settings)}, after epoch {state['best_epoch']}"
    say(f"best validation {best}; curves in {folder / 'curves.png'}")


@app.command(epilog="Example: chorale-train curves runs/conv-lstm-published runs/conv-lstm -o curves.png")
def curves(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The PNG to write.")] = Path("curves.png"),
    force: Anew = False,
) -> None:
    """Draw the curves of several runs in one picture; a ring says where the weights are of."""
    _need("keras", "matplotlib")
    from companion.files.writing import refuse_existing, write_output  # noqa: PLC0415
    from export.training.fit import drawn_run  # noqa: PLC0415
    from export.training.progress import curves_of_runs  # noqa: PLC0415

    refuse_existing(out, force=force)
    write_output(out, curves_of_runs([drawn_run(run) for run in runs]), force=force)
    say(f"wrote {out}")


@app.command("imagine", epilog="Example: chorale-train imagine a.onnx b.onnx --pieces 1500 -o data/imagined.npz")
def imagine_command(
    models: Annotated[list[str], typer.Argument(help="Bundled models or .onnx files, which take turns.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The set to write; fit knows it by this name.")] = Path(
        "data/imagined.npz"
    ),
    pieces: Annotated[int, typer.Option("--pieces", min=1, help="How many pieces.")] = 1500,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Steps of a piece, four a beat.")] = 192,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
    force: Anew = False,
) -> None:
    """Let models invent chorales, for another one to be taught on (see: fit --teachers)."""
    from companion.model.library import open_model  # noqa: PLC0415
    from export.data.pieces import save_pieces  # noqa: PLC0415
    from export.training import imagining  # noqa: PLC0415

    if out.exists() and not force:
        raise FileExistsError(f"{out} exists; write it anew with --force")
    loaded = [open_model(name) for name in models]
    with progress_bar("imagining", pieces) as progress:
        save_pieces(imagining.imagine(loaded, pieces, steps, seed, progress), out)
    say(f"{pieces} pieces of {steps} steps in {out}")


@app.command("sing", epilog="Example: chorale-train sing melody-lookback --count 10 --steps 128 --primer 60 -o tunes")
def sing_command(
    model: Annotated[str, typer.Argument(help="A melody model: a bundled one's name or an .onnx file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write; made if it is not there.")] = Path(
        "melodies"
    ),
    count: Annotated[int, typer.Option("--count", min=1, max=10_000, help="How many melodies.")] = 10,
    steps: Annotated[int, typer.Option("--steps", min=1, max=16_000, help="Steps of each, four a beat.")] = 128,
    primer: Annotated[int, typer.Option("--primer", help="The MIDI pitch that each begins with; 60 is middle C.")] = 60,
    temperature: Annotated[float, typer.Option("--temperature", "-t", help="Above 1 bolder, below 1 calmer.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another number, other melodies.")] = 1,
    data_dir: DataDir = Path("data"),
    force: Anew = False,
) -> None:
    """Let a melody model sing alone: MIDI files, and what can be counted of them beside the held-out tunes."""
    import numpy as np  # noqa: PLC0415

    from companion.model.library import find_model, open_file  # noqa: PLC0415
    from companion.sampling.draw import Sampling  # noqa: PLC0415
    from export.data.pieces import Piece, load_pieces  # noqa: PLC0415
    from export.listening.singing import check_singer, melody_files, sing, write_melodies  # noqa: PLC0415
    from export.listening.sung import describe_sung  # noqa: PLC0415
    from export.scores.tunes import tune_parts  # noqa: PLC0415

    singer, sampling = open_file(find_model(model)), Sampling(temperature)
    check_singer(singer, primer)
    paths = melody_files(out, singer.contract.name, count, force)
    dice = (np.random.Generator(np.random.PCG64([seed, number])) for number in range(count))
    with progress_bar("singing", count) as progress:
        sung = write_melodies(paths, (sing(singer, primer, steps, sampling, one) for one in dice), force, progress)
    say(f"{count} melod{'ies' if count > 1 else 'y'} of {steps} steps in {out}")
    heard = {singer.contract.name: [Piece("sung", "test", frames, True, 0) for frames in sung]}
    if (data_dir / f"{TUNES}.npz").is_file():
        heard |= {
            part: of for part, of in tune_parts(load_pieces(data_dir / f"{TUNES}.npz")).items() if part != "valid"
        }
    print_out(*(describe_sung(name, tunes) for name, tunes in heard.items()))


@app.command(epilog="Example: chorale-train recipe gru -o gru.onnx")
def recipe(
    name: Annotated[str, typer.Argument(help="The model that ships: bach or gru.")] = "bach",
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The .onnx file to write; its card is written beside it.")],
    runs: Annotated[Path, typer.Option("--runs", help="Where the runs lie, and go on if they were stopped.")] = Path(
        "runs"
    ),
    data_dir: DataDir = Path("data"),
    threads: Annotated[int, typer.Option("--threads", help="Cores to use; 0 is all.")] = 0,
    force: Anew = False,
) -> None:
    """Make a shipped model anew, all runs of it, in some hours; a stopped one goes on with the same command."""
    _use_threads(threads)
    _need("matplotlib")
    _need_exporter()
    from companion.files.writing import refuse_existing  # noqa: PLC0415
    from companion.model.library import find_model  # noqa: PLC0415
    from export.release.release import release  # noqa: PLC0415
    from export.release.unpack import unpack_model  # noqa: PLC0415
    from export.training.recipe import RECIPES, follow, workshop_of  # noqa: PLC0415

    if name not in RECIPES:
        raise BadSetting(f"there is no recipe of {name!r:.40}; there are those of {' and '.join(RECIPES)}")
    for path in (out, out.with_suffix(".md")):
        refuse_existing(path, force=force)
    valid = _pieces(data_dir, [JSB], "valid")
    workshop = workshop_of(runs, data_dir, valid, lambda model, folder: unpack_model(find_model(model), folder))
    follow(RECIPES[name], workshop)
    for line in release(runs / RECIPES[name][-1].run, out, "int8", valid, calibrated=True):
        say(line)


@app.command("unpack", epilog="Example: chorale-train unpack bach, then chorale-train fit bach --start runs/bach …")
def unpack_command(
    name: Annotated[str, typer.Argument(help="A model that ships, or an .onnx file.")],
    run: Annotated[Path | None, typer.Option("--run", help="The run's folder. Default: runs/NAME.")] = None,
) -> None:
    """Make a run of a model file, to begin from (fit --start) or to be taught by (fit --teachers)."""
    _need_exporter()
    from companion.model.library import find_model  # noqa: PLC0415
    from export.release.unpack import unpack_model  # noqa: PLC0415

    path = find_model(name)
    folder = run or Path("runs") / path.stem
    settings = unpack_model(path, folder)
    say(f"wrote {folder}, a run of {settings.architecture} with the weights of {path.name}")


@app.command("harmony", epilog="Example: chorale-train harmony -o chorales.npz")
def harmony_command(
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    data_dir: DataDir = Path("data"),
    force: Anew = False,
) -> None:
    """Count chords, voices, keys and phrases in the training chorales: what the companion knows of harmony and form."""
    from export.data.pieces import load_pieces  # noqa: PLC0415
    from export.harmony.learning import learn  # noqa: PLC0415

    counted = learn(load_pieces(data_dir / f"{CORPUS}.npz"), out, force=force)
    say(f"wrote {out}: " + ", ".join(f"{count:,} {what}" for what, count in counted.items()))


@app.command(epilog="Example: chorale-train export runs/gru -o models/gru.onnx --precision int8")
def export(
    run: Annotated[Path, typer.Argument(help="The folder of a training run.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The .onnx file to write; its card is written beside it.")],
    precision: Annotated[str, typer.Option("--precision", help="fp32 or int8.")] = "fp32",
    calibrated: Annotated[
        bool, typer.Option("--calibrate", help="Make it as sure as it is right on the validation part.")
    ] = False,
    data_dir: DataDir = Path("data"),
    force: Anew = False,
) -> None:
    """Write a trained model as ONNX and prove that it gives what Keras gives."""
    _need_exporter()
    from companion.files.writing import refuse_existing  # noqa: PLC0415
    from export.release.release import release  # noqa: PLC0415
    from export.training.fit import read_settings  # noqa: PLC0415

    if precision not in ("fp32", "int8"):
        raise BadSetting(f"precision must be fp32 or int8, not {precision!r}")
    if out.suffix != ".onnx":
        raise BadSetting(f"a model file is called NAME.onnx, not {out.name!r}")
    for path in (out, out.with_suffix(".md")):
        refuse_existing(path, force=force)
    valid = _pieces(data_dir, [_held_out_set(data_dir, read_settings(run))], "valid")
    for line in release(run, out, precision, valid, calibrated):
        say(line)


@app.command(epilog="Example: chorale-train evaluate gru --data-dir data --json")
def evaluate(
    model: Annotated[str, typer.Argument(help="A bundled model's name or an .onnx file.")],
    data: Data = None,
    data_dir: DataDir = Path("data"),
    transpositions: Annotated[
        int,
        typer.Option(
            "--transpositions", min=0, max=6, help="Mean of the music moved by up to so many semitones; not saved."
        ),
    ] = 0,
    chords_said: Annotated[
        bool,
        typer.Option("--chords", help="Tell what each beat is heard as, which tells of what is scored; not saved."),
    ] = False,
    save: Annotated[bool, typer.Option("--save", help="Write the scores into the file and its card.")] = False,
    as_json: AsJson = False,
) -> None:
    """Score a model file on the JSB chorales, windowed and on whole pieces, or a melody model on tunes."""
    for name, wanted in (("--transpositions", transpositions), ("--chords", chords_said)):
        if save and wanted:
            raise BadSetting(f"--save writes the scores of the model alone; leave out {name}")
    from companion.model.contract import MELODY  # noqa: PLC0415
    from companion.model.features import SAID_CHORD  # noqa: PLC0415
    from companion.model.library import find_model, open_file  # noqa: PLC0415
    from export.scores import evaluation  # noqa: PLC0415

    if save:
        _need("keras", "tensorflow", "onnx")
    loaded = open_file(find_model(model))
    if chords_said and SAID_CHORD not in loaded.row.names:
        raise BadSetting(f"{loaded.contract.name} is told no chords; leave out --chords")
    if loaded.contract.kind == MELODY:
        _evaluate_tunes(loaded, find_model(model), data_dir, save, as_json)
        return
    pieces = _jsb_pieces(data, data_dir)
    with progress_bar(
        f"scoring {loaded.contract.name}", evaluation.frames_to_score(pieces), hidden=as_json
    ) as progress:
        row = evaluation.score_model(loaded, pieces, progress, transpositions, chords_said)
    leaks = evaluation.leak_lines(pieces)
    if save:
        from export.release.release import save_scores  # noqa: PLC0415

        lasting = {key: value for key, value in row.items() if key != evaluation.BY_PLACE}
        save_scores(find_model(model), {**lasting, "remarks": leaks})
    print_out(*([json.dumps({**row, "leaks": leaks})] if as_json else [*evaluation.describe_scores(row), *leaks]))


def _evaluate_tunes(model: Model, path: Path, data_dir: Path, save: bool, as_json: bool) -> None:
    """The same of a melody model, on the tunes that are held out."""
    from export.data.pieces import load_pieces  # noqa: PLC0415
    from export.scores.tunes import describe_tune_scores, score_tunes, tune_parts  # noqa: PLC0415

    tunes = load_pieces(data_dir / f"{TUNES}.npz")
    total = sum(map(len, tune_parts(tunes).values()))
    with progress_bar(f"scoring {model.contract.name}", total, hidden=as_json) as progress:
        row = score_tunes(model, tunes, progress)
    if save:
        from export.release.release import save_scores  # noqa: PLC0415

        save_scores(path, {key: value for key, value in row.items() if key != "parameters"})
    print_out(*([json.dumps(row)] if as_json else describe_tune_scores(row)))


@app.command(epilog="Example: chorale-train compare --plot models.png --music 24")
def compare(
    models: Annotated[list[str] | None, typer.Argument(help="Names or files. Default: all bundled models.")] = None,
    data: Data = None,
    data_dir: DataDir = Path("data"),
    anew: Annotated[bool, typer.Option("--anew", help="Score the models again; else as their files say.")] = False,
    frames: Annotated[int, typer.Option("--frames", min=0, help="Frames to time of each; 0: none.")] = 300,
    music: Annotated[
        int, typer.Option("--music", min=0, help="Held-out openings that each continues, to be measured as by judge.")
    ] = 0,
    bars: Annotated[int, typer.Option("--bars", min=1, help="Of each of these continuations.")] = 16,
    style: Annotated[str, typer.Option("--style", help="In which they play: bach, free or wild.")] = DEFAULT_STYLE,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", help="In place of dice, for models that sing bass first, such as biaxial-lstm."),
    ] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw nats against time, as a PNG.")] = None,
    listen_to: Annotated[
        Path | None, typer.Option("--listen", help="A folder: one held-out opening, continued by each, as MIDI files.")
    ] = None,
    force: Anew = False,
    as_json: AsJson = False,
) -> None:
    """Put models side by side with the baselines and the published figures; melody models by themselves below."""
    from companion.files.writing import refuse_existing, write_output  # noqa: PLC0415
    from companion.generation.generator import refuse_threshold  # noqa: PLC0415
    from companion.model.leading import LedModel  # noqa: PLC0415
    from companion.model.library import bundled_models, open_model  # noqa: PLC0415
    from companion.sampling.styles import style as style_of  # noqa: PLC0415
    from export.scores import comparison, evaluation  # noqa: PLC0415
    from export.scores.tunes import describe_tune_scores  # noqa: PLC0415

    sampling = replace(style_of(style), threshold=threshold)
    if plot is not None:
        _need("matplotlib")
        refuse_existing(plot, force=force)
    names = models or list(bundled_models())
    opened = everyone = {name: open_model(name) for name in names}
    tunes = [comparison.said_of_tunes(model.tune) for model in opened.values() if isinstance(model, LedModel)]
    opened = {name: model for name, model in opened.items() if not isinstance(model, LedModel)}
    loaded = list(opened.values())
    for model in everyone.values():
        refuse_threshold(model, threshold)
    if listen_to is not None:
        _need("matplotlib")
        _play_beside(loaded, listen_to, data, data_dir, force)
    told = [None if anew else comparison.said_scores(model) for model in loaded]
    at_hand = data is not None or (data_dir / f"{JSB}.npz").is_file()
    pieces = _jsb_pieces(data, data_dir) if at_hand or not all(told) else []
    rows = evaluation.score_baselines(pieces) if pieces else []
    for (name, model), scores in zip(opened.items(), told, strict=True):
        row = scores
        if row is None:
            with progress_bar(f"scoring {name}", evaluation.frames_to_score(pieces), hidden=as_json) as progress:
                row = evaluation.score_model(model, pieces, progress)
        rows.append(row | comparison.facts_of(model, name))
    if frames and opened:
        with progress_bar("timing them in turn", frames, hidden=as_json) as progress:
            speeds = comparison.speeds_of(opened, sampling, frames, progress)
        rows[-len(opened) :] = [row | speed for row, speed in zip(rows[-len(opened) :], speeds, strict=True)]
    rows += evaluation.published_rows()
    if plot is not None:
        write_output(plot, comparison.nats_against_time(rows), force=force)
    lines = [*comparison.side_by_side(rows), *(line for row in tunes for line in describe_tune_scores(row))]
    if music:
        heard, table = _measure_music(everyone, sampling, music, bars, data, data_dir, as_json)
        for row in (*rows, *tunes):
            row.update({"music": heard[row["model"]]} if row["model"] in heard else {})
        lines += ["", f"{music} held-out openings, each continued for {bars} bars in style {style}:", "", *table]
    print_out(*([json.dumps([*rows, *tunes])] if as_json else lines))


def _measure_music(
    models: dict[str, Model],
    sampling: Sampling,
    openings: int,
    bars: int,
    data: Path | None,
    data_dir: Path,
    hidden: bool,
) -> tuple[dict[str, Any], list[str]]:
    """The measures of what each model plays, by its own name or that of the tunes' model, and the same as a table."""
    from companion.model.leading import UNDER  # noqa: PLC0415
    from export.judging.judge import material_of  # noqa: PLC0415
    from export.judging.recital import Programme  # noqa: PLC0415
    from export.listening.brief import brief_as_dict, brief_report, describe_brief  # noqa: PLC0415

    programme = Programme(openings, bars)
    material = material_of(_jsb_pieces(data, data_dir), _prepared_corpus(data_dir), programme)
    by_name = {model.contract.name: model for model in models.values()}
    with progress_bar("listening", openings * len(by_name), hidden=hidden) as progress:
        report = brief_report(by_name, material, sampling, programme, progress)
    heard = {name.partition(UNDER)[0]: figures for name, figures in brief_as_dict(report).items()}
    return heard, describe_brief(report)


def _play_beside(models: Sequence[Model], folder: Path, data: Path | None, data_dir: Path, force: bool) -> None:
    from export.listening.beside import places_beside, play_side_by_side  # noqa: PLC0415
    from export.listening.exhibit import exhibits  # noqa: PLC0415

    places_beside(models, folder, force)
    (exhibit,) = exhibits(_jsb_pieces(data, data_dir), 1)
    with progress_bar("playing", len(models)) as progress:
        written = play_side_by_side(models, exhibit, folder, force, progress)
    say(f"wrote {len(written)} files into {folder}")


@app.command("judge", epilog="Example: chorale-train judge gru my-chorales --plots report")
def judge_command(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="TARGET", help="Bundled models' names, .onnx files, folders of four-voice MIDI files."),
    ],
    rows: Annotated[
        str, typer.Option("--rows", help="Some of counted, musician, following, metre, rewriting, listener; or all.")
    ] = "counted,musician",
    pieces: Annotated[
        int | None, typer.Option("--pieces", min=1, help="So many of everything that is played: a short look.")
    ] = None,
    continuations: Annotated[
        int, typer.Option("--continuations", min=0, help="Held-out openings of two bars that a model continues.")
    ] = 100,
    bars: Annotated[int, typer.Option("--bars", min=1, help="The length of a continuation.")] = 16,
    melodies: Annotated[int, typer.Option("--melodies", min=0, help="Held-out sopranos that it harmonises.")] = 70,
    cadences: Annotated[int, typer.Option("--cadences", min=0, help="Closes that it is asked for.")] = 100,
    phrases: Annotated[int, typer.Option("--phrases", min=1, help="Folk songs' phrases that a jam answers.")] = 100,
    tunes: Annotated[int, typer.Option("--tunes", min=1, help="Tunes of dotted beats that it harmonises.")] = 24,
    gaps: Annotated[
        int, typer.Option("--gaps", min=1, help="Chorales, and its own pieces, of which it makes two bars anew.")
    ] = 77,
    style: Annotated[str, typer.Option("--style", help="Sampling defaults: bach, free or wild.")] = DEFAULT_STYLE,
    temperature: Annotated[
        float | None, typer.Option("--temperature", "-t", help="In place of the style's own.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another number, another performance.")] = 1,
    part: Annotated[str, typer.Option("--part", help="Of the held-out pieces: test, or valid, to choose by.")] = "test",
    before: Annotated[
        Path | None, typer.Option("--before", help="An earlier report (--json), whose figures are shown as well.")
    ] = None,
    plots: Annotated[
        Path | None, typer.Option("--plots", help="Draw the distributions side by side, as a PNG in this folder.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="Keep all music that was judged as MIDI files in this folder.")
    ] = None,
    data: Data = None,
    data_dir: DataDir = Path("data"),
    force: Anew = False,
    as_json: AsJson = False,
) -> None:
    """Measure music beside real held-out Bach: what models play, or MIDI files hold."""
    from companion.controls.settings import Settings  # noqa: PLC0415
    from companion.sampling.styles import sampling_of  # noqa: PLC0415
    from export.judging import judge  # noqa: PLC0415
    from export.judging.judgement import ReportFiles  # noqa: PLC0415
    from export.judging.musician import read_before  # noqa: PLC0415
    from export.judging.recital import Programme  # noqa: PLC0415
    from export.judging.targets import find_targets  # noqa: PLC0415

    if plots is not None:
        _need("matplotlib")
    settings = Settings(style=style, temperature=temperature, seed=seed)
    sampling = sampling_of(settings)
    wanted = judge.rows_named(rows)
    if judge.needs_songs(wanted):
        _need("music21")
    then = None if before is None else read_before(before, part)
    outputs = ReportFiles(plots, save, force)
    played = Programme(continuations, bars, melodies, cadences, seed, phrases=phrases, tunes=tunes, gaps=gaps)
    programme = judge.programme_for(wanted, played if pieces is None else played.of_pieces(pieces))
    material = judge.material_of(_jsb_pieces(data, data_dir), _prepared_corpus(data_dir), programme, part)
    found = find_targets(targets)
    outputs.check(found)
    to_play = judge.pieces_to_play(found, material, programme)
    with progress_bar("listening", to_play, hidden=as_json) as progress:
        performance = judge.perform(found, material, settings, programme, progress)
    judgement = judge.judge(performance, material, wanted)
    notices = [*(line for target in found for line in target.notices), *outputs.write(judgement)]
    if as_json:
        asked = {
            **vars(programme),
            "part": part,
            "style": style,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
        }
        print_out(json.dumps({"asked": asked, **judgement.as_dict(), "notices": notices}))
    else:
        print_out(*judgement.lines(then), *notices)


@app.command("phrases", epilog="Example: chorale-train phrases --songs 60")
def phrases_command(
    songs: Annotated[int, typer.Option("--songs", min=1, help="Folk songs that are played, or learnt from.")] = 60,
    model: Annotated[
        str, typer.Option("--model", help="A jam needs one; whose turn it is does not depend on it.")
    ] = "markov",
    fit: Annotated[
        bool, typer.Option("--fit", help="Print the nats of what tells for an end, learnt from other songs, instead.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure how a jam hears the ends of phrases: folk songs with their phrases, played to it in several ways."""
    from companion.model.library import open_model  # noqa: PLC0415
    from export.phrasing.ends import describe_ends, ends_as_dict, judge_ends, trials  # noqa: PLC0415
    from export.phrasing.learning import fit_weights  # noqa: PLC0415
    from export.phrasing.marks import held_out_songs, learnt_songs  # noqa: PLC0415

    _need("music21")
    if fit:
        with progress_bar("learning", songs, hidden=as_json) as progress:
            weights = fit_weights(learnt_songs(songs), progress)
        print_out(*([json.dumps(weights)] if as_json else (f'"{name}": {nats},' for name, nats in weights.items())))
        return
    opened, held_out = open_model(model), held_out_songs(songs)
    with progress_bar("playing", trials(held_out), hidden=as_json) as progress:
        found = judge_ends(opened, held_out, progress=progress)
    print_out(*([json.dumps(ends_as_dict(found))] if as_json else describe_ends(found)))


@app.command(epilog="Example: chorale-train listen gru --data-dir data")
def listen(
    model: Annotated[str, typer.Argument(help="A bundled model's name or an .onnx file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write; the page beside it is FOLDER.md.")] = (
        Path("docs/listen")
    ),
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="From 1 to this one, a held-out piece for each.")] = 10,
    data: Data = None,
    data_dir: DataDir = Path("data"),
    force: Anew = False,
) -> None:
    """Write a page to listen to: held-out openings continued, melodies harmonised, Bach beside them."""
    _need("matplotlib")
    from companion.model.library import open_model  # noqa: PLC0415
    from export.listening import make  # noqa: PLC0415
    from export.listening.exhibit import exhibits  # noqa: PLC0415
    from export.listening.page import Known, page  # noqa: PLC0415

    outputs = make.PageFiles(out, force)
    loaded = open_model(model)
    pieces = _jsb_pieces(data, data_dir)
    shown = exhibits(pieces, seeds)
    outputs.check(shown)
    with progress_bar(f"{loaded.contract.name} plays", make.MADE_OF_EACH * len(shown)) as progress:
        make.make(loaded, shown, outputs, progress)
    outputs.write_page(page(loaded, Path(model).name, shown, out.name, Known.of(pieces)))
    say(f"wrote {sum(len(one.files) for one in shown)} files into {out}, and {outputs.page}")


@app.command(
    "turing",
    epilog="Example: chorale-train turing bach gru -o test; with people's answers:"
    " chorale-train turing --read anna.json ben.json -o test",
)
def turing_command(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="MODEL|RESULT", help="Models' names or .onnx files; with --read, listeners' files."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of listen.html and answers.json.")] = (
        Path("turing")
    ),
    read: Annotated[bool, typer.Option("--read", help="Score what listeners have sent back.")] = False,
    excerpts: Annotated[
        int, typer.Option("--excerpts", min=1, help="Of each model: so many continuations, so many harmonisations.")
    ] = 8,
    bars: Annotated[int, typer.Option("--bars", min=1, max=16, help="The length of an excerpt.")] = 4,
    style: Annotated[str, typer.Option("--style", help="Sampling defaults: bach, free or wild.")] = DEFAULT_STYLE,
    temperature: Annotated[
        float | None, typer.Option("--temperature", "-t", help="In place of the style's own.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another number, other pieces and music.")] = 1,
    data: Data = None,
    data_dir: DataDir = Path("data"),
    force: Anew = False,
    as_json: AsJson = False,
) -> None:
    """Make a blind listening test, Bach or the program, as one HTML page; --read scores its results."""
    from companion.controls.settings import Settings  # noqa: PLC0415
    from export.turing.making import BlindTestFolder, made_with, open_models  # noqa: PLC0415
    from export.turing.sealing import KEY_BYTES, seal  # noqa: PLC0415
    from export.turing.trials import BlindPlan, find_places, play_trials  # noqa: PLC0415

    folder = BlindTestFolder(out, force)
    if read:
        _score_listeners([Path(target) for target in targets], folder.answers, as_json)
        return
    plan = BlindPlan(excerpts, bars, Settings(style=style, temperature=temperature, seed=seed))
    models = open_models(targets)
    places = find_places(_jsb_pieces(data, data_dir), plan, len(models))
    folder.check()
    with progress_bar("playing", len(places), hidden=as_json) as progress:
        trials = play_trials(models, places, plan, progress)
    folder.write(seal(trials, token_bytes(KEY_BYTES), made_with(models, plan)))
    say(f"{len(trials)} questions in {folder.page}; what is right, in {folder.answers}, which no listener may see")


def _need(*packages: str) -> None:
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise MissingExtra(f"{', '.join(missing)} not installed; run: pip install 'chorale-companion[train]'")
    if "keras" in packages:
        from export.training.quiet import load_keras  # noqa: PLC0415

        load_keras()


def _need_exporter() -> None:
    """What turns a Keras model into a file, which knows TensorFlow alone."""
    _need("keras", "tensorflow", "tf2onnx")
    if (backend := os.environ.get("KERAS_BACKEND", "tensorflow")) != "tensorflow":
        raise BadSetting(f"models are exported by TensorFlow: leave KERAS_BACKEND out, which is {backend!r:.40}")


def _score_listeners(paths: Sequence[Path], answers: Path, as_json: bool) -> None:
    """Of many files, those that cannot be scored are a line each, and the rest are scored."""
    from export.turing.answers import read_answers  # noqa: PLC0415
    from export.turing.results import read_results  # noqa: PLC0415
    from export.turing.verdict import as_json_object, describe_verdict, verdict_on  # noqa: PLC0415

    right = read_answers(answers)
    results, faults = read_results(paths, right)
    if faults and len(paths) == 1:
        raise BadSetting(faults[0])
    for fault in faults:
        say(f"chorale-train: {fault}", err=True)
    if results:
        verdict = verdict_on(results)
        found = {**as_json_object(verdict), "made": right.made, "unread": faults}
        print_out(*([json.dumps(found)] if as_json else describe_verdict(verdict)))
    if faults:
        raise BadSetting(f"{len(results)} of {len(paths)} results scored; {len(faults)} could not be")


def _use_threads(threads: int) -> None:
    """Before TensorFlow starts; it reads these when it is imported."""
    if threads > 0:
        os.environ["OMP_NUM_THREADS"] = str(threads)
        os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)
        os.environ["TF_NUM_INTEROP_THREADS"] = str(threads)


def _json_object(text: str, option: str, example: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadSetting(f"{option} must be a JSON object like '{example}': {error}") from error
    if not isinstance(value, dict):
        raise BadSetting(f"{option} must be a JSON object like '{example}', not {text}")
    return value


def _material(settings: FitSettings, data_dir: Path) -> tuple[Sequence[Any], Sequence[Any]]:
    """What a run learns from, and what it is checked with: pieces, or rolls of a folder."""
    from export.data.rolls import read_rolls  # noqa: PLC0415
    from export.models.registry import model_class  # noqa: PLC0415

    if not settings.rolls:
        held_out = _held_out_set(data_dir, settings)
        return _pieces(data_dir, settings.data, "train"), _pieces(data_dir, [held_out], "valid")
    if not getattr(model_class(settings.architecture), "reads_rolls", False):
        raise BadSetting(f"{settings.architecture} learns from prepared sets of four voices: leave out --data")
    with progress_bar("reading", None) as progress:
        read = read_rolls(Path(settings.rolls), progress)
    say(*read.lines())
    return read.of_split("train"), read.of_split("valid")


def _pieces(data_dir: Path, sets: Sequence[str], split: str) -> list[Piece]:
    from export.data.pieces import load_pieces  # noqa: PLC0415

    pieces = [piece for name in sets for piece in load_pieces(data_dir / f"{name}.npz") if piece.split == split]
    if not pieces:
        raise BadSetting(f"the sets {', '.join(sets)} in {data_dir} hold no {split} pieces")
    return pieces


def _held_out_set(data_dir: Path, settings: FitSettings) -> str:
    """Models are checked on the JSB set, or the tunes, where it is prepared, else on the first set they train on."""
    usual = TUNES if _sings_tunes(settings.architecture) else JSB
    return usual if (data_dir / f"{usual}.npz").is_file() else settings.data[0]


def _batch_size(architecture: str, asked: int, published: bool) -> int:
    """Of a run: as it is asked for, or as the authors had it."""
    from export.training.published import PUBLISHED_WAYS  # noqa: PLC0415

    return PUBLISHED_WAYS[architecture].batch_size if published and architecture in PUBLISHED_WAYS else asked


def _sings_tunes(architecture: str) -> bool:
    from companion.model.contract import MELODY  # noqa: PLC0415
    from export.models.registry import model_class  # noqa: PLC0415

    return bool(getattr(model_class(architecture), "kind", "") == MELODY)


def _jsb_pieces(data: Path | None, data_dir: Path) -> list[Piece]:
    """The JSB set: from the archive where one is named, as prepared where it is, else from its home."""
    from export.data.jsb import pieces_of_archive, read_archive  # noqa: PLC0415
    from export.data.pieces import load_pieces  # noqa: PLC0415

    prepared = data_dir / f"{JSB}.npz"
    if data is None and prepared.is_file():
        return load_pieces(prepared)
    return pieces_of_archive(read_archive(data))


def _prepared_corpus(data_dir: Path) -> list[Piece]:
    """The corpus set, where it is prepared."""
    from export.data.pieces import load_pieces  # noqa: PLC0415

    prepared = data_dir / f"{CORPUS}.npz"
    return load_pieces(prepared) if prepared.is_file() else []
