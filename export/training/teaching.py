"""A model taught by others: what several trained models together expect of each note, beside the note that came."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from companion.model.codes import NOTHING
from companion.model.features import KNOWN_TUNE, SAID_CHORD, FeatureRow
from companion.model.told import UNSAID
from companion.music.vocabulary import VOICES, IntArray
from export.models.layers import slots_within
from export.training.crops import CropBatches

_VOICE, _LATER = "voice", "later"  # features: whose note it is, and what each voice is known to strike next


class Teachers:
    """Trained models; what they expect is the mean of their distributions.

    Each reads its own features of one row that has all of theirs, and the pupil's. How music begins only the first
    is asked: models that run note by note know it badly; or nobody is, where they do not know which keys are common.
    Of a soprano that goes on as a known tune does only those are asked that are told of it, and of a beat whose chord
    is said only those that are told that; of a voice that knows to what it is to come nobody is.
    """

    def __init__(self, models: Sequence[keras.Model], pupil: Sequence[str] = (), beginnings: bool = True) -> None:
        """ValueError where a feature is unknown."""
        self._beginnings = beginnings
        self.row = FeatureRow(sorted({*pupil}.union(*(model.features for model in models))))
        self._knowing = self._told_of(KNOWN_TUNE, models)
        self._hearing = self._told_of(SAID_CHORD, models)
        self._models = [(model, *slots_within(FeatureRow(model.features), self.row)) for model in models]

    def expect(self, ids: IntArray) -> NDArray[np.float32]:
        """ids ``[batch, notes, width]`` of their row, from the start → probabilities ``[batch, notes, vocabulary]``.

        All zero where nobody is asked.
        """
        told = [
            ops.convert_to_numpy(ops.softmax(model.predict_on_batch(ids[..., slots] + shift)))
            for model, slots, shift in self._models
        ]
        expected: NDArray[np.float32] = np.mean(told, axis=0, dtype=np.float32)
        expected[:, : len(VOICES)] = told[0][:, : len(VOICES)] if self._beginnings else 0
        for knowing, where in ((self._knowing, self._recalled), (self._hearing, self._chords_said)):
            if len(knowing) < len(told):
                at = where(ids)
                expected[at] = np.mean([told[number][at] for number in knowing], axis=0) if knowing else 0
        expected[self._joining(ids)] = 0
        return expected

    def _told_of(self, feature: str, models: Sequence[keras.Model]) -> list[int]:
        """The numbers of those that read a feature; of all where nobody does, nor the pupil."""
        return [at for at, model in enumerate(models) if feature not in self.row.names or feature in model.features]

    def _chords_said(self, ids: IntArray) -> NDArray[np.bool_]:
        """``[batch, notes]``: the notes of a beat whose chord is said."""
        slot = self.row.slot(SAID_CHORD)
        said: NDArray[np.bool_] = ids[..., slot] != self.row.offsets[slot] + UNSAID
        return said

    def _joining(self, ids: IntArray) -> NDArray[np.bool_]:
        """``[batch, notes]``: the notes that are to lead to one which is known."""
        if _LATER not in self.row.names:
            return np.zeros(ids.shape[:2], dtype=np.bool_)
        slot = self.row.slot(_VOICE)
        voice = ids[..., slot] - self.row.offsets[slot]
        first = self.row.slot(_LATER)
        each = slice(first, first + len(VOICES))
        later = np.take_along_axis(ids[..., each] - self.row.offsets[each], voice[..., None], axis=-1)[..., 0]
        joining: NDArray[np.bool_] = later != NOTHING
        return joining

    def _recalled(self, ids: IntArray) -> NDArray[np.bool_]:
        """``[batch, notes]``: the notes of the soprano before which a known tune was recalled."""
        voice, known = (ids[..., slot] - self.row.offsets[slot] for slot in map(self.row.slot, (_VOICE, KNOWN_TUNE)))
        recalled: NDArray[np.bool_] = (voice == 0) & (known != 0)
        return recalled


class TaughtBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches as the pupil reads them, whose targets also tell what is expected: ``[batch, notes, 2 + vocabulary]``."""

    def __init__(self, batches: CropBatches, teachers: Teachers, pupil: Sequence[str]) -> None:
        """The batches are of the teachers' row; the pupil is told by the names of its features."""
        super().__init__()
        self.batches, self.teachers = batches, teachers
        self._slots, self._shift = slots_within(FeatureRow(pupil), teachers.row)

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[IntArray, NDArray[np.float32]]:
        ids, targets = self.batches[index]
        taught = np.concatenate([targets.astype(np.float32), self.teachers.expect(ids)], axis=-1)
        return ids[..., self._slots] + self._shift, taught

    def on_epoch_end(self) -> None:
        self.batches.on_epoch_end()
