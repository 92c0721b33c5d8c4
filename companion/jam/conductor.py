"""Keeps the session where the clock is: starts, stops, jumps, loops and tempo, brought from seconds to steps."""

from __future__ import annotations

import math
from collections.abc import Callable

from companion.clock.addresses import Addresses, Loop
from companion.clock.base import Clock, ClockEvent, Jumped, LoopSet, MetreSet, Started, Stopped
from companion.clock.tap import Taps
from companion.controls.settings import Command
from companion.jam.notices import Notices
from companion.jam.outlets import CommandSink, Outlets
from companion.music.messages import SIDE_STICK
from companion.music.timebase import Timebase
from companion.player.messages import SetClick, SetTimebase
from companion.record.log import Entry, LoggedTransport, TransportEvent
from companion.session.session import Session
from companion.session.turns import ANSWERING, IDLE

_TEMPO_LOGGED = 0.005  # a change of tempo by this share is written into the log …
_TEMPO_STEPS = 4  # … at most once in so many steps: a clock that trembles does not fill it

MOST_BEHIND_STEPS = 8  # are made up for; beyond that they are left out
COUNT_SECONDS = 0.03  # before a count begins, so that its first click is no later than the others
# So long before its end an answer is asked for, by what answers may begin on: no beat is shorter.
COUNTED_LEAD_STEPS = {"step": 0.9, "beat": 2}
SILENT_SECONDS = 60.0  # without a step left out, before it is said again


class Conductor:
    """Between the clock on one side, the session and the player on the other."""

    def __init__(
        self,
        clock: Clock,
        session: Session,
        outlets: Outlets,
        player: CommandSink,
        log: Callable[[Entry], object],
        notices: Notices,
    ) -> None:
        self.clock = clock
        self._addresses = Addresses()
        self._session, self._outlets, self._player, self._log, self._notices = session, outlets, player, log, notices
        self._sent_line: Timebase | None = None
        self._sent_addresses = self._addresses
        self._logged_bpm = 0.0
        self._tempo_step = float("-inf")
        self._slow_s = float("-inf")  # when steps were left out last
        self._now_s, self._taps = 0.0, Taps()
        self._held: Command | None = None  # until it is counted in …
        self._one = 0  # … up to this step
        self._sent_click, self._clicked = SetClick(on=False), False

    def line(self) -> Timebase | None:
        """From seconds to steps of the music; None while the clock stands."""
        line = self.clock.timebase()
        return None if line is None else line.shifted(-self._addresses.shift)

    def tick(self, now_s: float) -> None:
        """The time is now: follow what the clock says, and let the session come to where the music is."""
        self._now_s = now_s
        self._heed_clock(now_s)
        line = self.line()
        if line is not None and line.step_at(now_s) > self._session.position + MOST_BEHIND_STEPS:
            self._pass_over(line.step_at(now_s), now_s)
            line = self.line()
        self._tell_player(line, now_s)
        self._tell_click()
        if line is not None:
            self._come_to(line.step_at(now_s))
        self._outlets.forget_past()

    def _heed_clock(self, now_s: float) -> None:
        for event in self.clock.poll(now_s):
            self._follow(event)

    def tap(self, time_s: float | None = None) -> None:
        """A beat is tapped at a time, or now: the tempo follows, and the music goes on from where it is.

        Raises:
            BadSetting: somebody else's tempo is followed, or what is tapped is none.
        """
        bpm = self._taps.tap(self._now_s if time_s is None else time_s)
        if bpm is None and self.clock.leads:
            return
        self.clock.set_bpm(bpm or 0.0, self._now_s)
        self._notices.say_once(f"tempo {bpm:.1f} bpm, of {self._taps.count} taps")

    @property
    def counting(self) -> bool:
        """Whether a bar is being counted in."""
        return self._held is not None

    @property
    def answers(self) -> bool:
        """Whether the companion answers, or is about to: what goes on can be stopped."""
        return self.counting or self._session.activity == ANSWERING

    def holds(self, command: Command) -> bool:
        """Whether a command waits until bars have been counted in; ``counted_in`` gives it back."""
        session = self._session
        if command.name in ("stop", "panic"):
            self._held, self._one = None, 0
        if command.name != "go" or not session.settings.count_in or session.activity != IDLE or not session.running:
            return False
        if self._held is None:
            bars = session.settings.count_in
            if not self.clock.locate(-bars * session.barlines.bar_steps, self._now_s + COUNT_SECONDS):
                self._notices.say_once(f"no bar is counted in: the {self.clock.name} clock says where the bars are")
                return False
            self._heed_clock(self._now_s)
            self._held, self._one = command, -self._addresses.shift
        return True

    def counted_in(self) -> Command | None:
        """What waited for the count, so shortly before its end that it begins on the bar line."""
        lead = COUNTED_LEAD_STEPS["step" if self._session.settings.grid == "step" else "beat"]
        if self._held is None or self._session.position <= self._one - lead:
            return None
        command, self._held = self._held, None
        return command

    def _tell_click(self) -> None:
        settings = self._session.settings
        click = SetClick(settings.click, settings.click_channel - 1, self._one)
        if click != self._sent_click:
            self._sent_click = click
            self._player.send(click)
        sounds = click.on or self._session.position < self._one
        if sounds or self._clicked:
            self._outlets.feedback.clicks((click.channel, SIDE_STICK) if sounds else None, self._now_s)
        self._clicked = sounds

    def _come_to(self, position: float) -> None:
        """Step by step, and not before all is planned, so that what the player does is heard in between."""
        self._outlets.reach(position)
        if position > self._session.position:  # once a position, so that a log tells when
            self._session.advance(min(position, self._session.position + 1), patient=True)

    def _pass_over(self, position: float, now_s: float) -> None:
        """This machine was away, or is too slow: what was missed is left out, and the music goes on from now."""
        missed = math.floor(position - self._session.position)
        address = position + self._addresses.shift
        there = self._addresses.jumped(address, self._session.position)
        self._place(there, there.position_of(address), sure=False)
        if self._held is not None:
            self._one = -self._addresses.shift  # bar 1 is there now
        self._log(self._transport(TransportEvent.JUMP, address))
        if now_s > self._slow_s + SILENT_SECONDS:
            self._notices.say(f"this machine is too slow, or was away: {missed} steps were left out")
        self._slow_s = now_s

    def _follow(self, event: ClockEvent) -> None:
        addresses, position = self._addresses, self._session.position
        match event:
            case Started():
                self._start(event, addresses.started(event.address, position))
            case Stopped():
                self._held, self._one = None, 0
                self._log(LoggedTransport(position, TransportEvent.STOP, reason=event.reason or None))
                self._session.halt()
                if event.reason:
                    self._notices.say(event.reason)
            case Jumped():
                self._jump(event, addresses)
            case MetreSet():
                self._place(addresses.with_metre(event.beats, event.unit), position, sure=True)
                self._log(self._transport(TransportEvent.METRE))
            case LoopSet():
                loop = Loop(event.start, event.end) if event.on and event.end > event.start else None
                self._place(addresses.with_loop(loop), position, sure=False)
                self._log(
                    LoggedTransport(position, TransportEvent.LOOP, address=event.start, end=event.end, on=event.on)
                )

    def _start(self, event: Started, addresses: Addresses) -> None:
        position = addresses.position_of(event.address)
        self._place(addresses, position, sure=True)
        self._log(self._transport(TransportEvent.START, event.address))
        self._outlets.reach(position)
        self._session.begin(position, addresses.barlines)

    def _jump(self, event: Jumped, addresses: Addresses) -> None:
        """The music goes on from where it was when the song jumped, which may be told some time later."""
        wrapped = addresses.loop is not None and abs(event.address - addresses.loop.start) < 1
        line = self._sent_line
        position = self._session.position if line is None else line.step_at(event.time_s)
        there = addresses.jumped(event.address, position)
        self._place(there, there.position_of(event.address), sure=wrapped)
        self._log(self._transport(TransportEvent.JUMP, event.address))

    def _place(self, addresses: Addresses, position: float, sure: bool) -> None:
        self._addresses = addresses
        self._outlets.moved(addresses, position, sure)
        self._session.barlines = addresses.barlines

    def _transport(self, what: str, address: float | None = None) -> LoggedTransport:
        line, addresses = self.clock.timebase(), self._addresses
        return LoggedTransport(
            self._session.position,
            what,
            address,
            bpm=None if line is None or what == TransportEvent.METRE else line.bpm,
            beats=addresses.beats,
            unit=addresses.unit,
            bar_step=addresses.barlines.origin,
        )

    def _tell_player(self, line: Timebase | None, now_s: float) -> None:
        if line == self._sent_line and (line is None or self._addresses == self._sent_addresses):
            return
        self._sent_line, self._sent_addresses = line, self._addresses
        self._player.send(SetTimebase(line, self._addresses))
        if line is not None:
            self._log_tempo(line, line.step_at(now_s))

    def _log_tempo(self, line: Timebase, position: float) -> None:
        changed = abs(line.bpm - self._logged_bpm) > _TEMPO_LOGGED * line.bpm
        if changed and position >= self._tempo_step + _TEMPO_STEPS:
            self._logged_bpm, self._tempo_step = line.bpm, position
            self._log(LoggedTransport(position, TransportEvent.TEMPO, bpm=line.bpm))
