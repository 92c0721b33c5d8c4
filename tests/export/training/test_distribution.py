"""Training on two devices at once, and by two processes: the same weights as on one."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from support.tiny import tiny_set

from companion.errors import BadSetting
from companion.model.features import FeatureRow
from export import cli
from export.training.crops import IGNORED, WholeCrops
from export.training.distribution import DealtBatches, dealt, distribute
from export.training.published import PUBLISHED_WAYS

TESTS = Path(__file__).resolve().parents[2]
FEATURES = ("voice", "own_pitch")

# Two epochs of conv-lstm, whose normalisation looks at the whole batch; the validation has an odd rest.
RUN = """
import sys
from pathlib import Path
from export.training.quiet import load_keras
load_keras()
from export.training.crops import CropSettings
from export.training.distribution import distribute
from export.training import fit
from support.tiny import settings_of, tiny_set

fit.VALIDATION_STEPS = 8
pieces = tiny_set()
settings = fit.FitSettings(
    "conv-lstm", ("jsb",), model=settings_of("conv-lstm"), crops=CropSettings(steps=4, batch_size=4), epochs=2,
    batches_per_epoch=2, average=0.5,
)
for folder in sys.argv[1:]:
    if Path(folder).name != "one":
        print("devices:", distribute("data", 4))
    fit.fit(settings, pieces[:2], pieces[2:3], Path(folder))
"""

QUICKLY_COMPILED = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"  # it runs for moments


def run(python: list[str], *folders: Path, devices: int = 1, **variables: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}",
        "XLA_FLAGS": f"{QUICKLY_COMPILED} --xla_force_host_platform_device_count={devices}",
    }
    command = [*python, "-c", RUN, *map(str, folders)]
    return subprocess.Popen(command, env={**environment, **variables}, stdout=subprocess.PIPE, text=True)


def weights_in(folder: Path) -> list[np.ndarray]:
    import h5py  # noqa: PLC0415

    with h5py.File(folder / "last.weights.h5") as file:
        found: dict[str, np.ndarray] = {}
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return [found[name] for name in sorted(found)]


@pytest.mark.slow
@pytest.mark.train
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs JAX (extra: dev)")
def test_two_devices_and_two_hosts_learn_what_one_learns(fresh_python: list[str], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    hosts = {"KERAS_DISTRIBUTION_JOB_ADDRESSES": address, "KERAS_DISTRIBUTION_NUM_PROCESSES": "2"}
    runs = [
        run(fresh_python, tmp_path / "one", tmp_path / "devices", devices=2),
        *(run(fresh_python, tmp_path / f"host {i}", **hosts, KERAS_DISTRIBUTION_PROCESS_ID=i) for i in "01"),
    ]
    said = [process.communicate(timeout=500)[0].splitlines()[-1:] for process in runs]
    assert [process.returncode for process in runs] == [0, 0, 0]
    assert said == [["devices: 2"]] * 3
    alone = weights_in(tmp_path / "one")
    for name in ("devices", "host 0", "host 1"):
        for mine, theirs in zip(alone, weights_in(tmp_path / name), strict=True):
            np.testing.assert_allclose(theirs, mine, rtol=0, atol=2e-5, err_msg=name)


class Spread:
    """Of two hosts with two devices each, as Keras tells of it."""

    num_model_replicas, num_processes = 4, 2

    def __init__(self, host: int):
        self.data_shard_id = host


def test_every_row_is_dealt_once_and_the_rest_counts_nothing() -> None:
    batches = WholeCrops(tiny_set()[:3], FeatureRow(FEATURES), 8, batch_size=7)
    hosts = [DealtBatches(batches, Spread(host)) for host in (0, 1)]
    for index in range(len(batches)):
        ids, targets = batches[index]
        dealt_ids, dealt_targets = (
            np.concatenate(parts) for parts in zip(*(host[index] for host in hosts), strict=True)
        )
        assert [len(host[index][0]) for host in hosts] == [len(dealt_ids) // 2] * 2
        assert len(dealt_ids) % 4 == 0
        np.testing.assert_array_equal(dealt_ids[: len(ids)], ids)
        np.testing.assert_array_equal(dealt_targets[: len(ids)], targets)
        assert (dealt_targets[len(ids) :] == IGNORED).all()


def test_alone_nothing_is_dealt() -> None:
    batches = WholeCrops(tiny_set()[:1], FeatureRow(FEATURES), 8, batch_size=2)
    assert dealt(batches) is batches


def test_what_cannot_be_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSetting, match=r"^--distribute takes data, not 'date'$"):
        distribute("date", 4)
    with pytest.raises(BadSetting, match="needs Keras on JAX, not tensorflow: pip install jax, and set KERAS_BACKEND"):
        distribute("data", 4)
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0", "gpu:1", "gpu:2"])
    with pytest.raises(BadSetting, match=r"^a batch of 4 cannot be dealt to 3 devices; take a multiple"):
        distribute("data", 4)


def test_a_published_run_has_the_batch_of_its_authors() -> None:
    assert cli._batch_size("conv-lstm", 5, published=True) == PUBLISHED_WAYS["conv-lstm"].batch_size
    assert cli._batch_size("conv-lstm", 5, published=False) == 5
    assert cli._batch_size("bach", 5, published=True) == 5  # which fit refuses
