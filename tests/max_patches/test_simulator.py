"""The simulator itself: small patches, made by hand, do what Max's reference pages say."""

from __future__ import annotations

import pytest
from support.maxsim.atoms import MaxError, Message, atoms, plain
from support.maxsim.box import OBJECTS, Box
from support.maxsim.objects_ways import Any
from support.maxsim.scheduler import QUEUE, SCHEDULER, Scheduler
from support.maxsim.world import Device, World

from max_patches.amxd import pack
from max_patches.document import Device as Built
from max_patches.faces import Parameter
from max_patches.objects import KINDS
from max_patches.patcher import Patcher


class Bench:
    """One object, with an ear at each outlet."""

    def __init__(self, text: str, world: World | None = None) -> None:
        self.world = world or World()
        patch = Patcher("bench")
        made = patch.message(text[9:]) if text.startswith("message: ") else patch.add(text)
        self.device = Device(self.world, pack(Built("bench", "", patch, 100).document()), "bench")
        self.box = self.device.boxes[made.id]
        self.heard: list[tuple[int, Message]] = []
        for outlet in range(len(self.box.ways)):
            self.box.ways[outlet].append((self._ear(outlet), 0))

    def _ear(self, outlet: int) -> Box:
        bench = self

        class Ear(Any):
            def take(self, inlet: int, message: Message) -> None:
                assert not inlet
                bench.heard.append((outlet, message))

        return Ear(self.device, "ear", (), {"numoutlets": 0})

    def says(self, *messages: object, inlet: int = 0) -> list[tuple[int, Message]]:
        """What it says, by outlet and in order."""
        self.heard = []
        for message in messages:
            self.box.receive(inlet, message if isinstance(message, tuple) else (message,))  # type: ignore[arg-type]
        return self.heard


def test_every_object_of_the_table_is_simulated() -> None:
    assert set(KINDS) - set(OBJECTS) == set()


def test_every_object_names_its_page() -> None:
    for name, kind in KINDS.items():
        page = f"/{kind.page or name}"
        assert any(page in (one.__doc__ or "") for one in OBJECTS[name].__mro__), name


@pytest.mark.parametrize(
    ("text", "given", "said"),
    [
        ("t b i l 7", [(5, 6)], [(3, (7,)), (2, (5, 6)), (1, (5,)), (0, ("bang",))]),
        ("t i f", [2.9], [(1, (2.9,)), (0, (2,))]),
        ("t i", ["bang"], [(0, (0,))]),
        ("route 1 two", [(1, 5)], [(0, (5,))]),
        ("route 1 two", [("two",)], [(1, ("bang",))]),
        ("route 1 two", [(3, 4)], [(2, (3, 4))]),
        ("route 1 two", [("one", 1)], [(2, ("one", 1))]),
        ("sel 0 1", [1, 2], [(1, ("bang",)), (2, (2,))]),
        ("sel 0", [0.7], [(0, ("bang",))]),
        ("change", [0, 1, 1, 0], [(1, (1,)), (0, (1,)), (2, (1,)), (0, (0,))]),
        ("change -1", [0], [(2, (1,)), (0, (0,))]),
        ("i", [3.9], [(0, (3,))]),
        ("f", [3], [(0, (3.0,))]),
        ("+ 0.", [1], [(0, (1.0,))]),
        ("+ 1", [1.9], [(0, (2,))]),
        ("/ 4", [7], [(0, (1,))]),
        ("/ 120.", [60], [(0, (0.5,))]),
        ("% 512", [513, -1], [(0, (1,)), (0, (-1,))]),
        ("> -1", [0, -1], [(0, (1,)), (0, (0,))]),
        ("&& 1", [5, 0], [(0, (1,)), (0, (0,))]),
        ("==", [(3, 3)], [(0, (1,))]),
        ("clip 0 512", [600, -2], [(0, (512,)), (0, (0,))]),
        ("abs", [-3], [(0, (3,))]),
        ("expr floor(($f1 + $f2) / 120.)", [(119.9, 60)], [(0, (1.0,))]),
        ("expr ($i1 >= 0) || ($i1 + $i2 != 0)", [(-60, 60), (-60, 61), (60, 60)], [(0, (0,)), (0, (1,)), (0, (1,))]),
        ("expr $i2 - $i1 + 1", [(3, 5)], [(0, (3,))]),
        ("uzi 1 0", [2], [(2, (0,)), (0, ("bang",)), (2, (1,)), (0, ("bang",)), (1, ("bang",))]),
        ("uzi 1 0", [0], []),
        ("pack 0 0. 5", [(1.9, 2)], [(0, (1, 2.0, 5))]),
        ("unpack 0 0.", [(1.9, 2, 3)], [(1, (2.0,)), (0, (1,))]),
        ("unpack 0 0", [7], [(0, (7,))]),
        ("prepend set", [("a", 1), 5], [(0, ("set", "a", 1)), (0, ("set", 5))]),
        ("sprintf %ld bars left", [3], [(0, (3, "bars", "left"))]),
        ("sprintf symout %s major", ["Eb"], [(0, ("Eb major",))]),
        ("fromsymbol", ["take saved 3"], [(0, ("take", "saved", 3))]),
        ("tosymbol", [("take", "saved", 3)], [(0, ("take saved 3",))]),
        ("- 3", [1], [(0, (-2,))]),
        ("cpuclock", ["bang"], [(0, (0.0,))]),
        ("midiformat", [(60, 90), (60, 0)], [(0, (b,)) for b in (0x90, 60, 90, 0x90, 60, 0)]),
        ("sprintf %.1f / %ld", [(1.25, 2)], [(0, (1.2, "/", 2))]),
        ("zl.nth 2", [(5, 6, 7)], [(1, (5, 7)), (0, (6,))]),
        ("zl.slice 1", [(5, 6, 7), 8], [(1, (6, 7)), (0, (5,)), (0, (8,))]),
        ("coll mine 1", [(3, 7, 8), 3, 4, ("clear",), 3], [(1, (3,)), (0, (7, 8))]),
        ("value mine 4", ["bang", 5, "bang"], [(0, (4,)), (0, (5,))]),
        ("flush", [60], [(1, (0,)), (0, (60,))]),
        ("message: frame $1 -1 $2", [(5, 6)], [(0, ("frame", 5, -1, 6))]),
        ("message: set Offline", ["bang"], [(0, ("set", "Offline"))]),
    ],
)
def test_objects(text: str, given: list[object], said: list[tuple[int, Message]]) -> None:
    assert Bench(text).says(*given) == said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flush", ("sing",)), ("i", ("up", 1)), ("+ 1", ("a",)), ("metro 20", ("faster",)), ("delay 5", ("x", 1)),
        ("coll mine 1", ("sort up",)), ("unpack 0 0", ("a", "b")), ("pack 0 0", ("a",)), ("gate 2", (3,)),
        ("transport", ("go",)), ("midiformat", (60,)), ("udpsend 127.0.0.1 7401", (5,)), ("zl.nth 4", (1, 2)),
        ("prepend a", ("bang",)), ("udpreceive", ("port", 7402.0)), ("midiout", ("bang",)), ("random 5", (1,)),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_an_error(text: str, message: Message) -> None:
    with pytest.raises(MaxError):
        Bench(text).says(message)


def test_cold_inlets_only_keep() -> None:
    bench = Bench("+ 1")
    assert bench.says(10, inlet=1) == []
    assert bench.says(5) == [(0, (15,))]
    bench = Bench("zl.join")
    assert bench.says((3, 4), inlet=1) == []
    assert bench.says((1, 2)) == [(0, (1, 2, 3, 4))]
    bench = Bench("pack 0 0")
    assert bench.says(9, inlet=1) == []
    assert bench.says("bang") == [(0, (0, 9))]


def test_flush_ends_what_it_has_begun() -> None:
    bench = Bench("flush")
    for pitch in (60, 64):
        bench.says(90, inlet=1)
        bench.says(pitch)
    bench.says(0, inlet=1)
    bench.says(60)
    assert bench.says("bang") == [(1, (0,)), (0, (64,))]
    assert bench.says("bang") == []


def test_gate_and_switch() -> None:
    bench = Bench("gate 2")
    assert bench.says(5, inlet=1) == []
    bench.says(2)
    assert bench.says(("a", 5), inlet=1) == [(1, ("a", 5))]
    bench = Bench("switch 2")
    bench.says(1)
    assert bench.says(5, inlet=2) == []
    assert bench.says(5, inlet=1) == [(0, (5,))]


def test_midiparse() -> None:
    bench = Bench("midiparse")
    assert bench.says(0x92, 60, 100, 0xF8, 61, 0) == [(6, (3,)), (0, (60, 100)), (6, (3,)), (0, (61, 0))]
    assert bench.says(0x80, 60, 64) == [(6, (1,)), (0, (60, 0))]


def test_delay_and_pipe() -> None:
    bench = Bench("delay 10")
    bench.says("bang")
    bench.world.run(0.005)
    bench.says("bang")
    bench.world.run(0.006)
    assert bench.heard == []
    bench.world.run(0.005)
    assert bench.heard == [(0, ("bang",))]
    bench = Bench("pipe 0 0 10")
    bench.says((1, 2))
    bench.world.run(0.005)
    bench.says((3, 4))
    bench.world.run(0.02)
    assert bench.heard[-2:] == [(1, (4,)), (0, (3,))]


def test_metro() -> None:
    bench = Bench("metro 20")
    bench.says(1)
    bench.world.run(0.05)
    assert len(bench.heard) == 3
    bench.says(0)
    bench.world.run(0.05)
    assert bench.heard == []


def test_metro_on_the_grid() -> None:
    world = World()
    bench = Bench("metro 16n @quantize 16n @active 1", world)
    world.run(1)
    assert bench.heard == []  # Live stands
    world.play(2)
    world.run(0.26)  # 120 bpm: a 16th is 125 ms
    assert len(bench.heard) == 3
    world.live.set_tempo(60)
    world.run(0.74)
    assert len(bench.heard) == 6
    world.stop()
    world.run(1)
    assert len(bench.heard) == 6


def test_transport_loops_and_jumps() -> None:
    world = World()
    bench = Bench("transport", world)
    world.live.set_loop(True, 4, 4)
    world.play(0)
    world.run(4.25)  # 8.5 beats: 4 of them once more from the loop's start, and half a beat
    assert dict(bench.says("bang"))[7] == (4.5 * 480,)
    world.jump(0)
    assert dict(bench.says("bang"))[7] == (0.0,)
    assert dict(bench.says("bang"))[6] == (1,)


def test_the_queue_waits_for_the_scheduler() -> None:
    scheduler = Scheduler()
    done: list[str] = []
    scheduler.defer(lambda: done.append(scheduler.thread))
    scheduler.after(0, lambda: done.append(scheduler.thread))
    scheduler.run(1)
    assert done == [SCHEDULER, QUEUE]


def test_local_names_are_local() -> None:
    world = World()
    patch = Patcher("p")
    patch.receive("---here") >> patch.add("value left 0")
    patch.receive("everywhere") >> patch.add("coll both 1")
    sends = patch.send("---here"), patch.send("everywhere")
    data = pack(Built("p", "", patch, 100).document())
    one, _ = Device(world, data, "one"), Device(world, data, "other")
    assert len(world.receivers(one.name_of("---here"))) == 1
    assert len(world.receivers("everywhere")) == 2
    one.boxes[sends[1].id].receive(0, (5, 6))
    assert world.colls["both"] == {5: (6,)}


def test_a_port_has_one_ear() -> None:
    world = World()
    first, second = Bench("udpreceive 7402", world), Bench("udpreceive 7402", world)
    world.network.send(7402, ("/a", 1))
    world.run(0.01)
    assert first.heard == [(0, ("/a", 1))]
    assert second.heard == []
    assert len(world.console) == 1


def test_a_note_in_the_queue_is_noticed() -> None:
    patch = Patcher("p")
    patch.receive("note") >> patch.add("midiformat") >> patch.add("midiout")
    world = World()
    device = Device(world, pack(Built("p", "", patch, 100).document()), "p")
    world.names["note"][0].out(0, 60, 90)
    assert world.wrongs
    assert [(note.pitch, note.velocity) for note in device.notes] == [(60, 90)]


def test_objects_of_time_stand_still_while_audio_is_off() -> None:
    for text, beats in (("metro 20", 0), ("qmetro 20", 5), ("delay 20", 0)):
        bench = Bench(text)
        bench.world.switch_audio(False)
        bench.says("bang")
        bench.world.run(0.09)
        assert len(bench.heard) == beats, text
        bench.world.switch_audio(True)
        bench.world.run(0.01)
        assert len(bench.heard) == beats + 1, text


def test_words_in_quotes() -> None:
    """A comment writes a symbol of several words, or of none, in quotes."""
    patch = Patcher("p")
    comment = patch.draw("comment", "")
    patch.receive("text") >> comment
    world = World()
    device = Device(world, pack(Built("p", "", patch, 100).document()), "p")
    for said, shown in ((("set", "take saved"), '"take saved"'), (("set", ""), '""'), (("set", "a", 1), "a 1")):
        world.names["text"][0].out(0, *said)
        assert device.boxes[comment.id].shown == shown  # type: ignore[attr-defined]


@pytest.mark.parametrize(("mode", "presses"), [("Momentary", 4), ("Toggle", 2)])
def test_a_mapped_button(mode: str, presses: int) -> None:
    """Each press counts where it is momentary, every second one where it is not."""
    patch = Patcher("p")
    saved = {**Parameter("Go", "Go", "Goes.", labels=("Off", "On")).saved(), "parameter_button_mode": mode}
    button = patch.draw("live.text", "Go", mode=0, saved_attribute_attributes={"valueof": saved})
    counted = button >> patch.add("uzi 1") >> patch.add("i")
    device = Device(World(), pack(Built("p", "", patch, 100).document()), "p")
    heard: list[Message] = []

    class Ear(Any):
        def take(self, inlet: int, message: Message) -> None:
            assert not inlet
            heard.append(message)

    device.boxes[counted.id].ways[0] = [(Ear(device, "ear", (), {"numoutlets": 0}), 0)]
    for _ in range(4):
        device.mapped_note("Go", True)
        device.mapped_note("Go", False)
    assert len(heard) == presses


def test_a_list_in_parts() -> None:
    assert Bench("zl.iter 2").says((1, 2, 3)) == [(0, (1, 2)), (0, (3,))]
    bench = Bench("zl.group 3")
    assert bench.says(1, 2) == []
    assert bench.says((3, 4)) == [(0, (1, 2, 3))]


def test_atoms() -> None:
    assert atoms("a 1 1. -2 .5 2x") == ("a", 1, 1.0, -2, 0.5, "2x")
    assert plain(("list", 1, 2)) == (1, 2)
