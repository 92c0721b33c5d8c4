"""The container of frozen devices, against one that Ableton has frozen in Max 9.

It is maxdiff/tests/test_files/FrozenTest.amxd of github.com/Ableton/maxdevtools at commit cbec332. What its directory
says of its files is written here, and the bytes of that directory must come out; from the contents of its files all of
its bytes did.
"""

from __future__ import annotations

import hashlib
import struct

import pytest

from max_patches.amxd import BadContainer, Container, pack, unpack
from max_patches.frozen import FrozenFile, freeze, frozen, thaw

ABLETONS = (
    ("Test.amxd", "JSON", 36531, 17, 3852440821),
    ("ParamAbstraction.maxpat", "JSON", 956, 0, 3852440756),
    ("MyAbstraction.maxpat", "JSON", 1369, 0, 3852440761),
    ("AbstractionWithParameter.maxpat", "JSON", 1569, 0, 3799403976),
    ("hz-icon.svg", "svg", 484, 0, 3799403976),
    ("beat-icon.svg", "svg", 533, 0, 3799403976),
    ("fpic.png", "PNG", 7094, 0, 3799403976),
    ("shakerkicksnare.aif", "AIFF", 352854, 8, 3822376238),
    ("VisibleBang.js", "TEXT", 317, 0, 3822376238),
    ("my-maxnode-basic.js", "TEXT", 464, 8, 3822376238),
    ("times3.gendsp", "gDSP", 2047, 0, 3822376238),
    ("myxfade.genjit", "gJIT", 3156, 0, 3822376238),
    ("mystorage.json", "JSON", 239, 0, 3822376238),
    ("myTestTable", "TEXT", 410, 0, 3822376238),
    ("TestScript.js", "TEXT", 87, 0, 3822376238),
    ("collContent.txt", "TEXT", 8, 0, 3799403976),
)
DIGEST = "18b69bfcef488ad97567c1e5b6d7c3d72d280fd1a18fdbf99c52a30b1b79ea2b"
DOCUMENT = {"patcher": {"boxes": []}}
SCRIPT = FrozenFile("a-script.js", b"outlet(0, 1);\n")


def test_the_directory_is_that_of_max() -> None:
    files = [FrozenFile(name, bytes(size), kind, flag, modified) for name, kind, size, flag, modified in ABLETONS]
    built = frozen(files)
    (place,) = struct.unpack(">Q", built[8:16])
    assert hashlib.sha256(built[:16] + built[place:]).hexdigest() == DIGEST
    assert thaw(built) == files


def test_a_frozen_device_is_read_back() -> None:
    data = pack(DOCUMENT, meta=7, name="Mine.amxd", files=(SCRIPT,))
    assert unpack(data) == Container(b"mmmm", 7, DOCUMENT, "Mine.amxd", (SCRIPT,))
    patch, script = thaw(data[32:])
    assert (patch.name, patch.kind, patch.flag, patch.data[-2:]) == ("Mine.amxd", "JSON", 0x11, b"\n\0")
    assert script == SCRIPT


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"dlst", b"list", "no directory"),
        (b"fnam", b"name", "entry is broken"),
        (b"dire\0\0", b"dire\0\7", "are left"),
        (b"\0\0\0\x10\0\0\0\0", b"\0\0\0\x10\0\0\0\1", "no directory"),
    ],
)
def test_a_broken_container_is_refused(old: bytes, new: bytes, words: str) -> None:
    data = pack(DOCUMENT, meta=7, name="Mine.amxd", files=(SCRIPT,))
    assert old in data
    with pytest.raises(BadContainer, match=words):
        unpack(data.replace(old, new, 1))


def test_a_file_that_is_cut_off_is_refused() -> None:
    whole = freeze(b"patch", "Mine.amxd", [SCRIPT])
    broken = whole.replace(struct.pack(">I", len(SCRIPT.data)), struct.pack(">I", 9999))
    with pytest.raises(ValueError, match=r"a-script\.js has 9999 bytes"):
        thaw(broken)
