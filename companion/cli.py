"""``chorale``: what a musician types. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from companion import __version__
from companion.commands.play_options import ModelOption, Seed, Style, Temperature, TopP, with_playing
from companion.controls.table import DEFAULT_MODEL, DEFAULT_STYLE
from companion.errors import BadSetting, ChoraleError, one_line
from companion.screen.terminal import progress_bar

if TYPE_CHECKING:
    from companion.commands.files import Job, Outputs, Playing
    from companion.generation.composer import Composed

app = typer.Typer(
    help="A four-voice Bach chorale partner: you play a phrase, it answers, each voice on its own MIDI channel.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

Trace = Annotated[Path | None, typer.Option("--trace", help="Also write every choice to this JSON file.")]
Wav = Annotated[bool, typer.Option("--wav", help="Also write the sound beside the MIDI file.")]
Soundfont = Annotated[Path | None, typer.Option("--soundfont", help="Render the WAV by FluidSynth with this .sf2.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="The MIDI file to write. Default: beside the input.")]
Force = Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def main() -> None:
    """Run the program; a fault of the user's is one line and exit code 1."""
    try:
        app()
    except ChoraleError as error:
        sys.stderr.write(f"chorale: {one_line(error)}\n")
        sys.exit(1)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"chorale-companion {__version__}")
        raise typer.Exit


@app.command(epilog="Example: chorale demo --seed 3 --temperature 0.7")
@with_playing
def demo(
    *,
    bars: Annotated[int, typer.Option("--bars", help="How many bars to answer.")] = 8,
    playing: Playing,
    fast: Annotated[bool, typer.Option("--fast", help="Do not wait for the clock.")] = False,
    sound: Annotated[bool, typer.Option("--play", help="Sound at once (extra: audio).")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Lines in place of the moving picture.")] = False,
    trace: Trace = None,
    soundfont: Soundfont = None,
    force: Force = False,
) -> None:
    """Hear it without a DAW: a melody is played in, harmonised and answered; writes demo.mid and demo.wav."""
    from companion.commands import demo as stage  # noqa: PLC0415
    from companion.commands.files import Outputs  # noqa: PLC0415
    from companion.screen.chooser import choose_view  # noqa: PLC0415

    midi, wav = (Path("demo.mid"), Path("demo.wav")) if force else stage.free_names(Path(), "demo", (".mid", ".wav"))
    outputs = Outputs(midi, wav, trace, soundfont, force)
    outputs.check()
    job, settings = stage.demo_job(bars, playing), stage.demo_settings(playing)
    with _sounder(sound) as sounder, choose_view(sys.stdout, plain) as view:
        wait = (lambda _: None) if fast else stage.wall_clock()
        composed = stage.DemoJam(job, settings, bars, sounder).play(view, wait)
    _write(job, composed, outputs)


@app.command("continue", epilog="Example: chorale continue opening.mid -o whole.mid --bars 8 --seed 1")
@with_playing
def continue_(
    seed_file: Annotated[Path, typer.Argument(metavar="SEED.mid", help="Four voices, a melody, or chords.")],
    out: Out = None,
    bars: Annotated[int, typer.Option("--bars", help="How many new bars after the seed.")] = 8,
    *,
    playing: Playing,
    trace: Trace = None,
    wav: Wav = False,
    soundfont: Soundfont = None,
    force: Force = False,
) -> None:
    """Continue a MIDI file in four voices; missing voices of the seed are added first."""
    from companion.commands import files  # noqa: PLC0415

    outputs = _outputs(seed_file, "continued", out, wav, soundfont, trace, force)
    _compose(files.continue_job(seed_file, bars, playing), outputs)


@app.command("harmonise", epilog="Example: chorale harmonise melody.mid -o chorale.mid --wav")
@with_playing
def harmonise_command(
    melody: Annotated[Path, typer.Argument(metavar="MELODY.mid", help="The voice or voices to keep.")],
    out: Out = None,
    voice: Annotated[
        str | None, typer.Option("--voice", help="Which voice the melody is. Default: by its track's name or range.")
    ] = None,
    *,
    playing: Playing,
    trace: Trace = None,
    wav: Wav = False,
    soundfont: Soundfont = None,
    force: Force = False,
) -> None:
    """Write the missing voices to a melody, which is copied out as it stands."""
    from companion.commands import files  # noqa: PLC0415
    from companion.music.vocabulary import voice_index  # noqa: PLC0415

    try:
        number = None if voice is None else voice_index(voice)
    except ValueError as error:
        raise BadSetting(str(error)) from error
    outputs = _outputs(melody, "harmonised", out, wav, soundfont, trace, force)
    _compose(files.harmonise_job(melody, number, playing), outputs)


@app.command(epilog="Example: chorale jam --in Keystation --out 'IAC Bus 1' --clock midi --record takes")
def jam(
    in_: Annotated[
        list[str] | None, typer.Option("--in", help="A MIDI input, by name or part of it; may be given more than once.")
    ] = None,
    out: Annotated[str | None, typer.Option("--out", help="The MIDI output, by name or part of it.")] = None,
    clock_port: Annotated[
        str | None, typer.Option("--clock-port", help="The MIDI input that the clock comes from.")
    ] = None,
    input_: Annotated[
        str | None,
        typer.Option("--input", help="auto: melody, chords or an MPE keyboard; voices: channels 1-4 are the voices."),
    ] = None,
    clock: Annotated[
        str | None, typer.Option("--clock", help="What it keeps time by: internal, midi, link or osc.")
    ] = None,
    bpm: Annotated[float | None, typer.Option("--bpm", help="The tempo of the internal clock.")] = None,
    mode: Annotated[
        str | None, typer.Option("--mode", help="listen, continue, respond, harmonise, duet or loop.")
    ] = None,
    grid: Annotated[str | None, typer.Option("--grid", help="Where answers may begin: step, beat or bar.")] = None,
    bars: Annotated[int | None, typer.Option("--bars", help="The length of a call and its response.")] = None,
    offset_ms: Annotated[
        float | None, typer.Option("--offset-ms", help="Sends so much later (below 0: earlier) than the clock says.")
    ] = None,
    channels: Annotated[
        str | None, typer.Option("--channels", help="The channels of S, A, T and B, as in 1,2,3,4.")
    ] = None,
    echo: Annotated[bool | None, typer.Option("--echo/--no-echo", help="Sound your own voice too.")] = None,
    osc_in: Annotated[str | None, typer.Option("--osc-in", help="The port where OSC is heard (7401).")] = None,
    osc_out: Annotated[str | None, typer.Option("--osc-out", help="The port where OSC is sent (7402).")] = None,
    no_midi: Annotated[bool, typer.Option("--no-midi", help="OSC alone.")] = False,
    record: Annotated[Path | None, typer.Option("--record", help="Keep every jam in this folder.")] = None,
    preset: Annotated[str | None, typer.Option("--preset", help="Begin with a preset's name or file.")] = None,
    save_preset: Annotated[
        str | None, typer.Option("--save-preset", help="Save all these options as a preset, and leave.")
    ] = None,
    learn: Annotated[
        bool, typer.Option("--learn", help="Bind knobs and buttons: move what you are asked for.")
    ] = False,
    model: Annotated[str | None, typer.Option("--model", help="A model's name or an .onnx file.")] = None,
    style: Annotated[str | None, typer.Option("--style", help="Sampling defaults: bach, free or wild.")] = None,
    temperature: Temperature = None,
    top_p: TopP = None,
    seed: Seed = None,
    velocity: Annotated[str | None, typer.Option("--velocity", help="How loud: played, entropy, or 1..127.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Lines in place of the moving picture.")] = False,
    force: Force = False,
) -> None:
    """Play live: it listens while you play, and answers in time, each voice on its own MIDI channel."""
    from companion.commands import jam_options  # noqa: PLC0415
    from companion.commands.jam import run_jam  # noqa: PLC0415

    said = jam_options.Said(
        inputs=tuple(in_) if in_ else None,
        output=out,
        clock_port=clock_port,
        input=input_,
        echo=echo,
        midi=False if no_midi else None,
        osc_in=osc_in,
        osc_out=osc_out,
        clock=clock,
        bpm=bpm,
        offset_ms=offset_ms,
        channels=channels,
        settings={
            "mode": mode,
            "grid": grid,
            "bars": bars,
            "model": model,
            "style": style,
            "temperature": temperature,
            "top_p": top_p,
            "seed": seed,
            "velocity": velocity,
        },
    )
    wanted = jam_options.preset_of(said, preset)
    if learn and save_preset is None:
        raise BadSetting("say where to keep what is learnt, as in --learn --save-preset mine")
    if save_preset is not None and not learn:
        typer.echo(f"wrote {jam_options.save(save_preset, wanted, wanted.controls, force)}")
        return
    options = jam_options.options_of(wanted, record, learn, osc_wanted=osc_in is not None, seed_said=seed is not None)
    ended = run_jam(options, plain, sys.stdout, sys.stdin)
    for line in ended.lines:
        typer.echo(line)
    if save_preset is not None and ended.controls is not None:
        typer.echo(f"wrote {jam_options.save(save_preset, wanted, ended.controls, force)}")


@app.command(epilog="Example: chorale ports")
def ports() -> None:
    """List the MIDI ports of this machine."""
    from companion.io.midi_ports import list_ports  # noqa: PLC0415

    typer.echo("\n".join(list_ports().lines()))


@app.command("replay", epilog="Example: chorale replay takes/jam-2026-11-22-1.jsonl")
def replay_command(
    log: Annotated[Path, typer.Argument(metavar="LOG.jsonl", help="The log of a jam, as --record keeps it.")],
) -> None:
    """Play a jam again from its log, and say whether every note came out the same."""
    from companion.commands import replay as again  # noqa: PLC0415
    from companion.model.library import open_model  # noqa: PLC0415

    with progress_bar("frames to play again", None) as tell:
        result = again.replay(log, open_model, tell)
    if result.first_difference is not None:
        raise ChoraleError(f"{log}: another build made it: step {result.first_difference} comes out otherwise")
    typer.echo(f"{result.frames} frames, all the same")


@app.command(epilog="Example: chorale devices --install")
def devices(
    install: Annotated[bool, typer.Option("--install", help="Copy them into the Live User Library.")] = False,
    folder: Annotated[Path | None, typer.Argument(help="Another folder than the User Library.")] = None,
    force: Force = False,
) -> None:
    """List the Max for Live devices, or copy them to where Live finds them."""
    from companion.commands.max_devices import bundled_devices, install_devices  # noqa: PLC0415

    if not install and folder is None:
        for name, path in bundled_devices().items():
            typer.echo(f"{name:<16} {path}")
        return
    asked = (lambda path: typer.confirm(f"{path} is another one; replace it?")) if sys.stdin.isatty() else None
    for installed in install_devices(folder, confirm=asked, force=force):
        typer.echo(str(installed))


@app.command(epilog="Example: chorale models --json")
def models(as_json: Json = False) -> None:
    """List the models that ship with the companion, with their scores."""
    from companion.model.library import bundled_models, open_model  # noqa: PLC0415

    contracts = [open_model(name).contract for name in bundled_models()]
    if as_json:
        rows = [
            {key: value for key, value in asdict(contract).items() if key not in ("reference", "states")}
            for contract in contracts
        ]
        typer.echo(json.dumps(rows))
        return
    for contract in contracts:
        mark = "*" if contract.name == DEFAULT_MODEL else " "
        size = f"{contract.precision}  {contract.parameters:>9,} parameters"
        typer.echo(f"{mark} {contract.name:<12} {size}  {_scores(contract.scores)}")
    typer.echo("* is the default. Scores: test part of the JSB chorales, nats a note (less is better) / accuracy.")


@app.command(epilog="Example: chorale doctor")
def doctor() -> None:
    """Check the installation; says what is missing and what to do."""
    from companion.commands.doctor import FAULT, examine  # noqa: PLC0415

    findings = examine()
    for finding in findings:
        typer.echo(f"{finding.level:<6} {finding.subject:<11} {finding.text}")
    if any(finding.level == FAULT for finding in findings):
        raise typer.Exit(1)


@app.command("bench", epilog="Example: chorale bench --frames 5000 --json")
def bench_command(
    model: ModelOption = DEFAULT_MODEL,
    style: Style = DEFAULT_STYLE,
    frames: Annotated[int, typer.Option("--frames", min=100, help="How many frames to time.")] = 5000,
    notebook: Annotated[
        bool, typer.Option("--notebook/--no-notebook", help="Also time Keras' predict, if installed.")
    ] = True,
    with_jam: Annotated[
        bool, typer.Option("--jam", help="Also measure how punctual a jam is; takes a minute.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Measure this machine: milliseconds a frame of four notes, seconds to the first one, memory."""
    from companion.bench import frames as measure  # noqa: PLC0415
    from companion.sampling.styles import style as find_style  # noqa: PLC0415

    with progress_bar("timing frames", frames, hidden=as_json) as tell:
        result = measure.bench(model, find_style(style), frames, notebook, tell)
    lines = measure.describe(result)
    if with_jam:
        from companion.bench import jam, keys  # noqa: PLC0415

        with progress_bar("jamming", jam.total_steps(), hidden=as_json) as tell:
            result |= jam.bench_jam(model, progress=tell)
        result["jam"]["harmony_ms"] = keys.time_keys(model)
        lines += jam.describe_jam(result)
    typer.echo(json.dumps(result) if as_json else "\n".join(lines))


def _outputs(
    source: Path, word: str, out: Path | None, wav: bool, soundfont: Path | None, trace: Path | None, force: bool
) -> Outputs:
    """Where the results go; refused before any work where something is in the way."""
    from companion.commands.files import Outputs, midi_place  # noqa: PLC0415

    midi = midi_place(source, word, out)
    sound = midi.with_suffix(".wav") if wav or soundfont is not None else None
    outputs = Outputs(midi, sound, trace, soundfont, force)
    outputs.check()
    return outputs


def _compose(job: Job, outputs: Outputs) -> None:
    from companion.commands import files  # noqa: PLC0415

    if warning := files.check_sound(job, outputs):
        typer.echo(warning, err=True)
    with progress_bar(job.task, job.total) as tell:
        composed = files.run(job, tell)
    _write(job, composed, outputs)


def _write(job: Job, composed: list[Composed], outputs: Outputs) -> None:
    from companion.commands import files  # noqa: PLC0415

    for notice in job.notices:
        typer.echo(f"note: {notice}", err=True)
    files.write_outputs(job, composed, outputs)
    written = [path for path in (outputs.midi, outputs.wav, outputs.trace) if path is not None]
    typer.echo(f"wrote {', '.join(str(path) for path in written)}")


def _scores(scores: dict[str, Any]) -> str:
    found = [scores.get(protocol, {}).get("test") for protocol in ("windowed", "whole_piece")]
    if not all(found):
        return "not scored"
    names = ("windowed", "whole piece")
    return "  ".join(f"{name} {row['nll']:.3f} / {row['accuracy']:.3f}" for name, row in zip(names, found, strict=True))


@contextmanager
def _sounder(wanted: bool) -> Iterator[Any]:
    """The sound card, where it is wanted."""
    if not wanted:
        yield None
        return
    from companion.audio.speaker import Speaker  # noqa: PLC0415

    with Speaker() as speaker:
        yield speaker
