"""``chorale-train turing``: models opened, music played, and the page and its answers written into a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.errors import BadSetting
from companion.files.writing import refuse_existing, write_all
from companion.model.library import open_model
from companion.model.runtime import Model
from companion.sampling.styles import sampling_of
from export.turing.page import listening_page
from export.turing.sealing import SealedTest
from export.turing.trials import BlindPlan


@dataclass(frozen=True)
class BlindTestFolder:
    """Where a test lies: the page for everyone, the answers for whoever scores it."""

    folder: Path
    force: bool = False

    @property
    def page(self) -> Path:
        """What listeners are given."""
        return self.folder / "listen.html"

    @property
    def answers(self) -> Path:
        """What they are not."""
        return self.folder / "answers.json"

    def check(self) -> None:
        """Before any work: OutputExists for a file that may not be replaced. The folder is made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in (self.page, self.answers):
            refuse_existing(path, force=self.force)

    def write(self, sealed: SealedTest) -> None:
        """Both files or none: an old page with new answers would score nobody."""
        contents = {self.page: listening_page(sealed.heard).encode(), self.answers: sealed.answers.as_file()}
        write_all(contents, force=self.force)


def open_models(names: Sequence[str]) -> dict[str, Model]:
    """The models by the names under which they are scored; BadSetting for two of one name."""
    short = [Path(name).stem if name.endswith(".onnx") else name for name in names]
    for name in short:
        if short.count(name) > 1:
            raise BadSetting(f"two models would be called {name}; rename a file")
    return {name: open_model(given) for name, given in zip(short, names, strict=True)}


def made_with(models: Mapping[str, Model], plan: BlindPlan) -> dict[str, Any]:
    """What the answers tell of how the music was made."""
    sampling = sampling_of(plan.settings)
    return {
        "models": {name: model.digest for name, model in models.items()},
        "excerpts": plan.excerpts,
        "bars": plan.bars,
        "style": plan.settings.style,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": plan.settings.seed,
    }
