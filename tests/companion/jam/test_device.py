from __future__ import annotations

from support.fakes import Babbler
from support.jamfakes import babbling

from companion.controls.settings import Command, state_items
from companion.controls.table import Choices
from companion.io import osc_messages
from companion.io.osc_messages import Hello, Message
from companion.io.osc_peer import OFFLINE_SECONDS, Peer
from companion.jam.device import Device
from companion.jam.notices import Notices
from companion.session.session import Session
from companion.session.sink import FrameTape

CHOICES = Choices(("babbler",))


def made() -> tuple[Device, Session, Notices, list[Message]]:
    """A device that is to be told everything, and what it is told."""
    sent: list[Message] = []
    notices = Notices()
    session = Session(Babbler(), babbling(), CHOICES, FrameTape())  # type: ignore[arg-type]
    resent = ("/all/frames", ())
    return Device(Peer(1), sent.append, CHOICES, notices, lambda: sent.append(resent)), session, notices, sent


def test_hello_is_answered_with_the_state_and_then_the_frames() -> None:
    device, session, _, sent = made()
    device.greet(Hello(osc_messages.VERSION, 77), 0.0, session)
    device.tell(9.0)
    state = [osc_messages.state(key, values) for key, values in state_items(session.settings, CHOICES)]
    rest = {
        "connected": (1,),
        "chord": (session.harmony.chord,),
        "bars_left": (-1,),
        "models": ("babbler",),
        "styles": (),
    }
    assert sent == [
        osc_messages.hello(1),
        *state,
        *(osc_messages.state(key, values) for key, values in rest.items()),
        ("/all/frames", ()),
        osc_messages.status("the device is there"),
    ]
    assert device.connected


def test_a_change_is_told_once_and_an_end_is_noticed() -> None:
    device, session, notices, sent = made()
    device.greet(Hello(osc_messages.VERSION, 77), 0.0, session)
    device.tick(0.0, session)
    session.command(Command("top_p", (0.5,)))
    sent.clear()
    device.tick(0.1, session)
    device.tick(0.2, session)
    assert sent == [osc_messages.state("top_p", (0.5,))]
    device.tick(OFFLINE_SECONDS, session)
    device.tell(9.0)
    assert notices.told == ("the device is there", "the device is gone")
    assert not device.connected


def test_without_osc_there_is_no_device() -> None:
    _, session, notices, _ = made()
    device = Device(None, None, CHOICES, notices, lambda: None)
    device.greet(Hello(osc_messages.VERSION, 77), 0.0, session)
    device.tick(9.0, session)
    assert (device.connected, list(notices.take(9.0))) == (None, [])
