"""``chorale``: what a musician types. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from companion import __version__
from companion.commands.options import (
    Said,
    control_options,
    file_settings,
    many_options,
    output_options,
    rig_options,
    wish_options,
    with_options,
)
from companion.commands.stage import stage_options, stage_place
from companion.controls.table import DEFAULT_MODEL, DEFAULT_STYLE
from companion.errors import BadSetting, ChoraleError, one_line, printable
from companion.screen.say import is_terminal, print_out, run_printing_help, safe_streams, say
from companion.screen.terminal import progress_bar
from companion.serve.command import serve_as_asked

app = typer.Typer(
    help="A four-voice Bach chorale partner: you play a phrase, it answers, each voice on its own MIDI channel.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

FILE_CONTROLS, OUTPUTS, MANY, WISHES = control_options(in_files=True), output_options(), many_options(), wish_options()
STAGE = stage_options()

Force = Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Track = Annotated[
    str | None,
    typer.Option(
        "--track",
        metavar="NAME|NUMBER",
        help="Which track is the tune; several with commas between, or all. Default: by its name, or the only line.",
    ),
]
Plain = Annotated[bool, typer.Option("--plain", help="Lines in place of the moving picture.")]


def main() -> None:
    """Run the program; a fault of the user's is one line and exit code 1."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a script started it in the background
    with safe_streams():
        try:
            run_printing_help(app)
        except ChoraleError as error:
            _fail(error)
        except FileNotFoundError:
            if _has_folder():
                raise
            _fail("the folder that you are in is gone; change to another")


def _fail(why: object) -> NoReturn:
    say(f"chorale: {one_line(why)}", err=True)
    sys.exit(1)


def _has_folder() -> bool:
    """The working directory is still there."""
    try:
        return bool(Path.cwd())
    except FileNotFoundError:
        return False


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        print_out(f"chorale-companion {__version__}")
        raise typer.Exit


@app.command(epilog="Example: chorale demo --seed 3 --temperature 0.7")
@with_options(said=FILE_CONTROLS, stage=STAGE, outputs=output_options("trace", "soundfont", "force", "quiet"))
def demo(
    bars: Annotated[int, typer.Option("--bars", help="How many bars to answer.")] = 8,
    *,
    said: Said,
    fast: Annotated[bool, typer.Option("--fast", help="Do not wait for the clock.")] = False,
    sound: Annotated[bool, typer.Option("--play", help="Sound at once (extra: audio).")] = False,
    plain: Plain = False,
    stage: Said,
    outputs: Said,
) -> None:
    """Hear it without a DAW: a melody is played in, harmonised and answered; writes demo.mid and demo.wav."""
    from companion.commands.demo import demo_outputs, run_demo  # noqa: PLC0415

    shown = stage_place(stage)
    if shown is not None and fast:
        raise BadSetting("--stage shows the demo in time: leave out --fast")
    files = demo_outputs(**outputs)
    run_demo(file_settings(said), bars, files, waits=not fast, sounds=sound, plain=plain, stage=shown)


@app.command("continue", epilog="Example: chorale continue opening.mid -o whole.mid --bars 8 --seed 1")
@with_options(wanted=WISHES, said=FILE_CONTROLS, outputs=OUTPUTS, many=MANY)
def continue_(
    seeds: Annotated[
        list[Path],
        typer.Argument(
            metavar="SEED", help="MIDI, MusicXML or ABC: four voices, a melody, or chords; - is standard input."
        ),
    ],
    bars: Annotated[
        int | None,
        typer.Option("--bars", help="How many new bars after the seed. Default: 8, or as phrases or chords are."),
    ] = None,
    phrases: Annotated[
        str | None,
        typer.Option("--phrases", help="Their phrases' lengths in beats, as in 8,8,8,8. Default: as Bach's."),
    ] = None,
    form: Annotated[
        str | None, typer.Option("--form", help="Which phrases are alike, a letter for each, as in AABA.")
    ] = None,
    to_its_end: Annotated[
        bool,
        typer.Option("--to-its-end", help="Until the model ends the piece, as gru-onehot can; --bars (64) at most."),
    ] = False,
    track: Track = None,
    *,
    wanted: Said,
    said: Said,
    outputs: Said,
    many: Said,
) -> None:
    """Continue a piece in four voices; missing voices of the seed are added first."""
    from companion.commands.batch import work_on  # noqa: PLC0415
    from companion.commands.files import Work  # noqa: PLC0415
    from companion.wishes.asked import Wanted  # noqa: PLC0415
    from companion.workbench.jobs import continue_job  # noqa: PLC0415

    how = (phrases, form, track, Wanted(**wanted), to_its_end)
    work = Work("continued", lambda seed, settings: continue_job(seed, bars, settings, *how))
    work_on(seeds, work, said, outputs, **many)


@app.command("harmonise", epilog="Example: chorale harmonise melody.mid -o chorale.mid --wav")
@with_options(wanted=WISHES, said=FILE_CONTROLS, outputs=OUTPUTS, many=MANY)
def harmonise_command(
    melodies: Annotated[
        list[Path],
        typer.Argument(
            metavar="MELODY", help="MIDI, MusicXML or ABC: the voice or voices to keep; - is standard input."
        ),
    ],
    voice: Annotated[
        str | None, typer.Option("--voice", help="Which voice the melody is. Default: by its track's name or range.")
    ] = None,
    track: Track = None,
    bars: Annotated[
        str | None,
        typer.Option(
            "--bars", help="Only in these bars, as in 8 (the eighth) or 1-8; a pickup is bar 0. Default: in all."
        ),
    ] = None,
    *,
    wanted: Said,
    said: Said,
    outputs: Said,
    many: Said,
) -> None:
    """Write the missing voices to a melody, which is copied out as it stands."""
    from companion.commands.batch import work_on  # noqa: PLC0415
    from companion.commands.files import Work, voice_number  # noqa: PLC0415
    from companion.wishes.asked import Wanted  # noqa: PLC0415
    from companion.workbench.jobs import harmonise_job  # noqa: PLC0415

    number, asked = voice_number(voice), Wanted(**wanted)
    work = Work("harmonised", lambda melody, settings: harmonise_job(melody, number, settings, track, bars, asked))
    work_on(melodies, work, said, outputs, **many)


@app.command("rewrite", epilog="Example: chorale rewrite song.mid --bars 5-8 --voices alto,tenor")
@with_options(wanted=wish_options("chords"), said=FILE_CONTROLS, outputs=OUTPUTS, many=MANY)
def rewrite_command(
    songs: Annotated[
        list[Path],
        typer.Argument(metavar="SONG", help="MIDI, MusicXML or ABC, of one to four voices; - is standard input."),
    ],
    bars: Annotated[
        str,
        typer.Option(
            "--bars",
            help="Which bars, as in 5 (the fifth) or 5-8."
            " A pickup is bar 0, be it in a short bar or after a rest of half a bar.",
        ),
    ],
    voices: Annotated[
        str | None, typer.Option("--voices", help="Which voices, as in alto,tenor. Default: all that are there.")
    ] = None,
    track: Track = None,
    *,
    wanted: Said,
    said: Said,
    outputs: Said,
    many: Said,
) -> None:
    """Make some bars anew, joined to what is before and after, which stays as it is."""
    from companion.commands.batch import work_on  # noqa: PLC0415
    from companion.commands.files import Work  # noqa: PLC0415
    from companion.wishes.asked import Wanted  # noqa: PLC0415
    from companion.workbench.anew import rewrite_job  # noqa: PLC0415

    asked = Wanted(**wanted)
    work = Work("rewritten", lambda song, settings: rewrite_job(song, bars, voices, settings, track, asked))
    work_on(songs, work, said, outputs, **many)


@app.command(epilog="Example: chorale jam --in Keystation --out 'IAC Bus 1' --clock midi --record takes")
@with_options(rig=rig_options(), stage=STAGE, said=control_options())
def jam(
    *,
    rig: Said,
    channels: Annotated[
        str | None, typer.Option("--channels", help="The channels of S, A, T and B, as in 1,2,3,4.")
    ] = None,
    record: Annotated[Path | None, typer.Option("--record", help="Keep every jam in this folder.")] = None,
    trace: Annotated[
        Path | None,
        typer.Option("--trace", help="Write every choice to this .jsonl file, a line a step."),
    ] = None,
    preset: Annotated[str | None, typer.Option("--preset", help="Begin with a preset's name or file.")] = None,
    save_preset: Annotated[
        str | None, typer.Option("--save-preset", help="Save all these options as a preset, and leave.")
    ] = None,
    learn: Annotated[
        bool, typer.Option("--learn", help="Bind knobs and buttons: move what you are asked for.")
    ] = False,
    until_eof: Annotated[
        bool, typer.Option("--until-eof", help="End when standard input does, for programs that start this one.")
    ] = False,
    welcome: Annotated[bool, typer.Option("--welcome", help="Say at first what to do next in Live.")] = False,
    plain: Plain = False,
    stage: Said,
    force: Force = False,
    said: Said,
) -> None:
    """Play live: it listens while you play, and answers in time, each voice on its own MIDI channel."""
    from companion.commands.jam import run_jam  # noqa: PLC0415
    from companion.commands.jam_options import options_of, preset_of, save, traced  # noqa: PLC0415
    from companion.screen.welcome import what_to_do_next  # noqa: PLC0415

    wanted = preset_of(said, rig, channels, preset)
    if learn and save_preset is None:
        raise BadSetting("say where to keep what is learnt, as in --learn --save-preset mine")
    if save_preset is not None and not learn:
        say(save(save_preset, wanted, wanted.controls, force))
        return
    options = traced(options_of(wanted, said, rig, record, stage_place(stage), learn), trace, force)
    next_steps = what_to_do_next(record) if welcome else ()
    ended = run_jam(options, plain, sys.stdout, sys.stdin, until_eof, next_steps)
    say(*ended.lines)
    if save_preset is not None and ended.controls is not None:
        say(save(save_preset, wanted, ended.controls, force))


app.command("serve", epilog="Example: chorale serve --port 8730")(serve_as_asked)


@app.command(epilog="Example: chorale ports")
def ports() -> None:
    """List the MIDI ports of this machine."""
    from companion.io.midi_ports import list_ports  # noqa: PLC0415

    print_out(*list_ports().lines())


@app.command("latency", epilog="Example: chorale latency --out 'IAC Bus 1' --in 'IAC Bus 1'")
def latency_command(
    out: Annotated[str | None, typer.Option("--out", help="The MIDI output, by name or part of it.")] = None,
    heard: Annotated[str | None, typer.Option("--in", help="The MIDI input that hears it.")] = None,
    notes: Annotated[int, typer.Option("--notes", help="How many soft notes are sent (from 1 to 10000).")] = 200,
) -> None:
    """Find what to give to jam --offset-ms: how long a note takes from an output to an input that hears it."""
    from companion.io.round_trip import measure_ports  # noqa: PLC0415

    print_out(*measure_ports(out, heard, notes))


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
    say(f"{result.frames} frames, all the same")


@app.command("view", epilog="Example: chorale view choices.json")
def view_command(
    source: Annotated[
        Path, typer.Argument(metavar="TRACE|SONG", help="A trace (--trace, .json, .jsonl), or MIDI, MusicXML or ABC.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The page to write, .html. Default: beside the file.")
    ] = None,
    png: Annotated[bool, typer.Option("--png", help="Also draw it beside the page.")] = False,
    svg: Annotated[bool, typer.Option("--svg", help="The same, as it can be scaled.")] = False,
    opens: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    force: Force = False,
) -> None:
    """See what a model thought: a page of every note, what else it might have been, and how it sounds."""
    from companion.commands.view import open_page, view  # noqa: PLC0415

    written = view(source, out, [kind for kind, wanted in (("png", png), ("svg", svg)) if wanted], force)
    say(f"wrote {', '.join(map(str, written))}")
    if opens and not open_page(written[0]):
        say(f"note: there is no browser to open it in: open {written[0]} by hand", err=True)


@app.command(epilog="Example: chorale devices --install")
def devices(
    install: Annotated[bool, typer.Option("--install", help="Copy them into the Live User Library.")] = False,
    folder: Annotated[Path | None, typer.Argument(help="Another folder than the User Library.")] = None,
    force: Force = False,
) -> None:
    """List the Max for Live devices, or copy them to where Live finds them."""
    from companion.commands.max_devices import bundled_devices, install_devices  # noqa: PLC0415

    if not install and folder is None:
        print_out(*(f"{name:<16} {path}" for name, path in bundled_devices().items()))
        return
    asked = _asked_to_replace if is_terminal(sys.stdin) else None
    say(*install_devices(folder, confirm=asked, force=force))


def _asked_to_replace(path: Path) -> bool:
    return typer.confirm(f"{printable(str(path))} is another one; replace it?")


@app.command(epilog="Example: chorale models --json")
def models(as_json: Json = False) -> None:
    """List the models that ship with the companion, with their scores."""
    from companion.commands.models import model_list  # noqa: PLC0415

    print_out(*model_list(as_json).splitlines())


@app.command(epilog="Example: chorale doctor")
def doctor() -> None:
    """Check the installation; says what is missing and what to do."""
    from companion.commands.doctor import FAULT, examine  # noqa: PLC0415

    findings = examine()
    print_out(*(f"{finding.level:<6} {finding.subject:<11} {finding.text}" for finding in findings))
    if any(finding.level == FAULT for finding in findings):
        raise typer.Exit(1)


@app.command("bench", epilog="Example: chorale bench --frames 5000 --json")
def bench_command(
    model: Annotated[str, typer.Option("--model", help="A model's name or an .onnx file.")] = DEFAULT_MODEL,
    style: Annotated[str, typer.Option("--style", help="Sampling defaults.")] = DEFAULT_STYLE,
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
    from companion.bench.report import bench_report  # noqa: PLC0415

    print_out(*bench_report(model, style, frames, notebook, with_jam, as_json).splitlines())
