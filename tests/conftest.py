"""What all tests share: fixtures; the fakes stand in fakes.py."""

from __future__ import annotations

import functools
import gc
import os
import pickle
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from support.programs import Command, run

if TYPE_CHECKING:
    from export.data.corpus import Corpus
    from export.data.pieces import Piece

    CorpusRead = tuple[Corpus, list[tuple[int, int]]]

settings.register_profile("chorale", deadline=None, max_examples=60)  # a deadline would be a wall-clock assertion
settings.load_profile("chorale")

HOME = Path(__file__).parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, so that of two processes none waits at the end for the other's last file."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the garbage collector need not look through TensorFlow again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _no_cache_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Models that tests make are not noted in it as tried."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
            patch.setenv(name, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def chorale() -> Command:
    """Runs ``chorale`` with these words, in this process."""
    return functools.partial(run, "chorale")


@pytest.fixture
def fresh_python(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The start of a command line for a fresh interpreter that finds our packages."""
    monkeypatch.setenv("PYTHONPATH", str(HOME))
    return [sys.executable]


@pytest.fixture(scope="session")
def jsb_pieces() -> list[Piece]:
    """Every piece of the CSV archive, where it is at hand."""
    from export.data.jsb import pieces_of_archive, read_archive  # noqa: PLC0415

    place = os.environ.get("CHORALE_JSB")
    if not place:
        pytest.skip("set CHORALE_JSB to jsb_chorales.tgz to test on the real pieces")
    return pieces_of_archive(read_archive(Path(place)))


@pytest.fixture(scope="session")
def corpus_read(tmp_path_factory: pytest.TempPathFactory) -> CorpusRead:
    """The whole corpus of music21, and what was told of the progress: read once for all processes of this run."""
    pytest.importorskip("music21", reason="reads the corpus with music21 (extra: train)")
    from companion.files.locking import flock  # noqa: PLC0415
    from export.data.corpus import read_corpus  # noqa: PLC0415

    own = tmp_path_factory.getbasetemp()
    path = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "corpus.pickle"
    with path.with_suffix(".lock").open("wb") as lock:
        while flock(lock) is False:
            time.sleep(0.2)
        if not path.is_file():
            seen: list[tuple[int, int]] = []
            corpus = read_corpus(lambda done, files: seen.append((done, files)))
            path.write_bytes(pickle.dumps((corpus, seen)))
    found: CorpusRead = pickle.loads(path.read_bytes())
    return found


@pytest.fixture(scope="session")
def chorales(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Piece]:
    """The chorales of music21's corpus, with their fermatas: as prepared before, else prepared now."""
    from export.data import pieces, prepare  # noqa: PLC0415

    path = HOME / "data" / "corpus.npz"
    if not path.is_file():
        corpus, _ = request.getfixturevalue("corpus_read")
        path = tmp_path_factory.mktemp("chorales") / "corpus.npz"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(prepare, "read_corpus", lambda _: corpus)
            prepare.prepare_corpus(None, path.parent)
    return pieces.load_pieces(path)
