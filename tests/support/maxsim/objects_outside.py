# ruff: noqa: ARG002 - the methods of all objects are called alike, needed or not
"""Live, the network and what is seen. Each object names its page under docs.cycling74.com/reference/."""

from __future__ import annotations

from support.maxsim.atoms import BANG, Atom, MaxError, Message, over_udp, whole
from support.maxsim.box import Box
from support.maxsim.objects_ways import Any
from support.maxsim.scheduler import SCHEDULER

LIVE_SET = 1  # its id


class UdpSend(Any, name="udpsend"):
    """/udpsend: host and port; ``port`` and ``host`` change them; anything else is sent as OSC."""

    words = frozenset({"port", "host"})

    def begin(self) -> None:
        self.port = whole(self.arguments[1])

    def word_port(self, inlet: int, rest: Message) -> None:
        if len(rest) != 1 or not isinstance(rest[0], int):
            self.refuse(inlet, ("port", *rest))
        self.port = whole(rest[0])

    def word_host(self, inlet: int, rest: Message) -> None:
        self.refuse(inlet, ("host", *rest))  # one machine here

    def take(self, inlet: int, message: Message) -> None:
        if not isinstance(message[0], str) or not message[0].startswith("/"):
            self.refuse(inlet, message)  # no address
        self.world.network.send(self.port, over_udp(message))


class UdpReceive(Box, name="udpreceive"):
    """/udpreceive: ``port`` binds; what comes leaves as messages, in the scheduler (``defer`` 0)."""

    words = frozenset({"port"})

    def begin(self) -> None:
        if self.arguments:
            self.word_port(0, self.arguments[:1])

    def word_port(self, inlet: int, rest: Message) -> None:
        if len(rest) != 1 or not isinstance(rest[0], int):
            self.refuse(inlet, ("port", *rest))
        self.world.network.release(self)
        if (
            not self.world.network.bind(whole(rest[0]), self, self._hear)
            and self.device.attribute(self, "quiet") != "1"
        ):
            self.world.console.append(f"{self}: port {rest[0]} is taken")

    def _hear(self, message: Message) -> None:
        if self.world.audio or self.world.habits.hears_without_audio:
            self.out(0, *message)

    def freed(self) -> None:
        self.world.network.release(self)


class ThisDevice(Box, name="live.thisdevice"):
    """/live.thisdevice: left a bang when all is loaded (again when a preset comes), middle 1 or 0: on or off."""

    def bang(self, inlet: int) -> None:
        self.out(0, "bang")

    def loaded(self) -> None:
        self.device.this.append(self)


class LivePath(Box, name="live.path"):
    """/live.path: ``goto`` a path: its id leaves the left and middle outlet, deferred; id 0 where nothing is.

    ``path`` is not on the page (left outlet: "in response to goto, bang or getid only"), but many public devices use
    it in the same way; the simulator takes both alike.
    """

    words = frozenset({"goto", "path", "getid"})

    def begin(self) -> None:
        self.path: Message = self.arguments

    def word_goto(self, inlet: int, rest: Message) -> None:
        self.path = rest
        self.world.scheduler.defer(lambda: self._say(True))

    word_path = word_goto

    def word_getid(self, inlet: int, rest: Message) -> None:
        self.world.scheduler.defer(lambda: self._say(False))

    def bang(self, inlet: int) -> None:
        self.word_getid(inlet, ())

    def _say(self, changed: bool) -> None:
        found = {("live_set",): LIVE_SET, ("this_device", "canonical_parent"): self.device.track}.get(self.path, 0)
        if changed:
            self.out(1, "id", found)
        self.out(0, "id", found)


class LiveObserver(Box, name="live.observer"):
    """/live.observer: right: ``id``; then left outlet the property, now and on each change; deferred."""

    words = frozenset({"id", "property"})

    def begin(self) -> None:
        self.seen, self.object = str(self.arguments[0]) if self.arguments else "", 0

    def loaded(self) -> None:
        self.world.live.watched.append((self.seen, self._changed))

    def freed(self) -> None:
        self.world.live.watched[:] = [one for one in self.world.live.watched if one[1] != self._changed]

    def _changed(self) -> None:
        if self.object:
            self.world.scheduler.defer(self._say)

    def _say(self) -> None:
        live = self.world.live
        properties = live.properties if self.object == LIVE_SET else {"name": live.track_names[self.object]}
        value = properties.get(self.seen)
        if value is None:
            raise MaxError(f"{self}: Live has no property {self.seen!r}")
        self.out(0, value)

    def bang(self, inlet: int) -> None:
        if inlet:
            self.refuse(inlet, BANG)
        self._changed()

    def word_id(self, inlet: int, rest: Message) -> None:
        if inlet != 1:
            self.refuse(inlet, ("id", *rest))
        self.object = whole(rest[0])
        self._changed()

    def word_property(self, inlet: int, rest: Message) -> None:
        self.seen = str(rest[0])
        self._changed()


class LiveBanks(Box, name="live.banks"):
    """/live.banks: shows banks to Push; nothing comes or goes here."""


class FreeBang(Box, name="freebang"):
    """/freebang: a bang when the patch is closed."""

    def loaded(self) -> None:
        self.device.at_the_end.append(self)


def _written(one: Atom) -> str:
    """Max writes a symbol that has spaces, or nothing in it, in quotes."""
    return f'"{one}"' if isinstance(one, str) and (" " in one or not one) else str(one)


class Drawn(Box, name="comment live.comment panel"):
    """/comment: ``set`` changes its words, also to none. /live.comment likewise; /panel takes nothing here."""

    words = frozenset({"set"})

    def begin(self) -> None:
        self.shown = str(self.data.get("text", ""))
        self.appear()

    def appear(self) -> None:
        """In the presentation, or hidden there."""
        self.hidden = bool(self.data.get("hidden", 0))
        self.device.faces.append(self)

    def word_set(self, inlet: int, rest: Message) -> None:
        if self.data["maxclass"] == "panel":
            self.refuse(inlet, ("set", *rest))
        self.draw()
        self.shown = " ".join(_written(one) for one in rest)

    def draw(self) -> None:
        """Drawing belongs to the queue: https://docs.cycling74.com/userguide/scheduler"""
        if self.world.scheduler.thread == SCHEDULER:
            self.world.wrongs.append(f"{self}: drawn in the scheduler")


class MultiSlider(Drawn, name="multislider"):
    """/multislider: a list: so many sliders, each at its number within ``setminmax``."""

    def begin(self) -> None:
        super().begin()
        self.values: Message = ()

    def items(self, inlet: int, message: Message) -> None:
        self.draw()
        self.values = message


class ThisPatcher(Box, name="thispatcher"):
    """/thispatcher: ``script sendbox`` and the name (varname) of a box in this patcher: an attribute of it."""

    words = frozenset({"script"})

    def word_script(self, inlet: int, rest: Message) -> None:
        does, name, attribute, value = rest
        named = [face for face in self.device.faces if face.data.get("varname") == name]
        if (does, attribute) != ("sendbox", "hidden") or len(named) != 1 or not isinstance(named[0], Drawn):
            self.refuse(inlet, ("script", *rest))
        named[0].draw()
        named[0].hidden = bool(value)


_FLOAT, _INT, _ENUM = 0, 1, 2


class Parameter(Drawn, name="live.dial live.numbox live.tab live.menu live.text"):
    """/live.dial /live.numbox /live.tab /live.menu /live.text: a number within its range, or one of its labels.

    A number sets and says it; ``set`` only sets; ``outputvalue`` and a bang say it (live.text in button mode: a bang,
    by ``transition`` on the way from 0 to 1, back, or on both); ``active`` greys it. From right to left: the raw value
    (0 to 1), of menus and tabs the label, the value.
    """

    words = frozenset({"set", "outputvalue", "active", "assign"})

    def begin(self) -> None:
        self.shown = ""
        self.appear()
        saved = self.data["saved_attribute_attributes"]["valueof"]
        self.name, self.type = saved["parameter_longname"], saved["parameter_type"]
        self.low, self.high = saved["parameter_mmin"], saved["parameter_mmax"]
        self.labels = saved.get("parameter_enum", [])
        self.order = saved["parameter_order"]
        self.button = self.data["maxclass"] == "live.text" and self.data.get("mode", 1) == 0
        self.transition = self.data.get("transition", 0)
        self.momentary = saved.get("parameter_button_mode") == "Momentary"
        self.value: float = self._within(self.device.stored.get(self.name, saved["parameter_initial"][0]))
        self.active = self.data.get("active", 1)
        self.device.parameters[self.name] = self

    def _within(self, value: Atom) -> float:
        if isinstance(value, str):
            if value not in self.labels:
                raise MaxError(f"{self.called}: {value!r} is none of {self.labels}")
            value = self.labels.index(value)
        value = min(max(value, self.low), self.high)
        return float(value) if self.type == _FLOAT else int(value)

    @property
    def shown_value(self) -> float:
        return self.value

    def press(self) -> None:
        """A click, or what Live does for it: in the queue."""
        if self.button:
            self._pressed()
            self._let_go()
        else:
            self.set_value(1 - self.value)

    def mapped(self, down: bool) -> None:
        """A mapped note: pressed and let go where the button is momentary, else turned over by each press."""
        if self.momentary:
            self._pressed() if down else self._let_go()
        elif down:
            self.value = 1 - self.value
            self._pressed() if self.value else self._let_go()

    def _pressed(self) -> None:
        self._turned(1, bangs=self.transition in (0, 2))

    def _let_go(self) -> None:
        self._turned(0, bangs=self.transition in (1, 2))

    def _turned(self, value: int, bangs: bool) -> None:
        if self.world.habits.buttons_say_numbers:
            self.out(0, value)
        elif bangs:
            self.out(0, *BANG)

    def set_value(self, value: Atom) -> None:
        """Turned by hand, by automation or by a message: it says its value."""
        self.value = self._within(value)
        self.say()

    def say(self) -> None:
        if self.button:
            return  # it has no value to say
        last = self.data["numoutlets"] - 1
        spread = (self.high - self.low) or 1
        if last:
            self.out(last, (self.value - self.low) / spread)
        if self.data["maxclass"] in ("live.menu", "live.tab"):
            self.out(1, self.labels[int(self.value)])
        self.out(0, self.value)

    def bang(self, inlet: int) -> None:
        self.press() if self.data["maxclass"] == "live.text" else self.say()

    def whole(self, inlet: int, value: int) -> None:
        self.real(inlet, value)

    def real(self, inlet: int, value: float) -> None:
        self.draw()
        self.set_value(value)

    def word_set(self, inlet: int, rest: Message) -> None:
        if len(rest) != 1:
            self.refuse(inlet, ("set", *rest))
        self.draw()
        self.value = self._within(rest[0])

    def word_assign(self, inlet: int, rest: Message) -> None:
        self.real(inlet, float(rest[0]))

    def word_outputvalue(self, inlet: int, rest: Message) -> None:
        self.say()

    def word_active(self, inlet: int, rest: Message) -> None:
        self.draw()
        self.active = whole(rest[0])
