"""The contract of a preprocessor: from raw samples to what a model takes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Source, Splits
from kerastune.errors import InputError, reason
from kerastune.files import write_json
from kerastune.preprocessing.column_inputs import inputs_by_column
from kerastune.untrusted.folders import require_inside
from kerastune.untrusted.keras_config import foreign_part
from kerastune.untrusted.reading import read_json

_FILE = "class.json"


class Preprocessor:
    """Turns raw samples into what a model takes; a base class to extend.

    A subclass sets `columns`, the names of the inputs that it reads, and implements
    `prepare` and `get_config`. It may also implement `fit` (to learn from the training
    samples), `check` (to refuse samples before training), `prepare_both` (to change inputs
    and targets together), `align` (to bring the model's outputs back to the samples as they
    came), `lengths` (to take samples of similar length together), `notes_for` (to say
    what it cuts or merges), and `save_assets` and `load_assets` (for what its configuration
    does not hold, such as a vocabulary). It is saved by its class, so register it:
    `@keras.saving.register_keras_serializable(package="mine")`.

    Batches are prepared in threads ahead of the training, so `prepare` must not change the
    object.

    Example:

    >>> import numpy as np
    >>> class Doubled(Preprocessor):
    ...     columns = ("number",)
    ...
    ...     def prepare(self, inputs):
    ...         return 2 * inputs["number"]
    >>> Doubled()([1.0, 2.0]).tolist()
    [2.0, 4.0]
    """

    columns: tuple[str, ...] = ()
    is_by_sample: bool = False
    """bool, whether `prepare` and `prepare_both` give the same for a sample whatever else is in
    its batch: nothing is drawn, or padded to the longest. Each process of a distributed training
    then reads its own samples alone. A subclass has to say so anew."""

    def fit(self, samples: Source) -> Self:
        """Learns what it needs from the training samples, such as a vocabulary.

        Args:
            samples: the training `Source`, which has the columns to read.

        Returns:
            The preprocessor itself, fitted.

        Raises:
            InputError: if the samples have no column of the kind that is wanted.
        """
        return self

    def check(self, samples: Source) -> None:
        """Refuses samples that cannot be prepared; asked of each part before training.

        Args:
            samples: `Source` of the samples for training, validation or the test.

        Raises:
            InputError: if something in them is no input, such as NaN. By default nothing is.
        """

    def prepare(self, inputs: Mapping[str, Any]) -> Any:
        """Returns raw inputs as the model takes them.

        Args:
            inputs: dictionary from each name in `columns` to the values of a batch: an
                array of shape `(batch, ...)`, or a list.

        Returns:
            Array, or list or dictionary of arrays, whose first axis is the batch.
        """
        raise InputError(
            f"Expected a preprocessor with a method `prepare`. Received: {type(self).__name__} "
            "without. Write `def prepare(self, inputs): ...`"
        )

    def prepare_both(self, inputs: Mapping[str, Any], targets: Any) -> tuple[Any, Any]:
        """Returns raw inputs as the model takes them, and their targets, changed together.

        Args:
            inputs: dictionary, as for `prepare`.
            targets: the values of the target column, or a dictionary of them by column
                where there are several, or None.

        Returns:
            A tuple of what `prepare` gives and targets as the head takes them to encode.
            By default the targets as they are.
        """
        return self.prepare(inputs), targets

    def align(self, outputs: Any, inputs: Mapping[str, Any]) -> Any:
        """Returns the model's outputs for the samples as they came, before preparation.

        Args:
            outputs: what the model computed for `prepare(inputs)`.
            inputs: dictionary, as for `prepare`.

        Returns:
            Outputs as the head takes them to decode, one for each sample. By default the
            outputs as they are.
        """
        return outputs

    def align_answers(self, outputs: Any, inputs: Mapping[str, Any]) -> Any:
        """Returns what `Head.answers` gave, such as tokens, for the samples as they came.

        Args:
            outputs: what the head answered for `prepare(inputs)`.
            inputs: dictionary, as for `prepare`.

        Returns:
            Outputs as the head takes them to decode. By default what `align` gives.
        """
        return self.align(outputs, inputs)

    def notes_for(self, use: str, samples: Source) -> Sequence[str]:
        """Returns notes on what preparation cuts, merges or leaves out, for the report.

        Args:
            use: str, what they are for, such as `"training"`.
            samples: `Source`.

        Returns:
            Sequence of str, a line each. By default none.
        """
        return ()

    def lengths(self, samples: Source) -> np.ndarray | None:
        """The length of each sample, where batches are padded to their longest.

        Training and prediction then take samples of similar length into one batch. A preprocessor
        whose arrays differ in shape from batch to batch has to tell them: TensorFlow is given the
        shapes of the shortest and the longest.

        Args:
            samples: `Source` with the columns that it reads.

        Returns:
            int array of shape `(samples,)`, or None where all are of one size, as by default.
        """
        return None

    def without_buckets(self) -> Self:
        """Returns a preprocessor that pads each batch to its own longest, and is else the same.

        It reads batches where nothing is compiled for each shape. By default the preprocessor
        itself: one that pads to a few lengths returns a copy that does not.
        """
        return self

    def noted(self, splits: Splits) -> Splits:
        """Returns the splits, with notes on what is cut, merged or left out of each part.

        Args:
            splits: `Splits`.

        Returns:
            `Splits`, whose parts have the notes of `notes_for` behind their own.
        """
        parts = {
            use: replace(part, notes=(*part.notes, *self.notes_for(use, part)))
            for use, part in splits.parts.items()
        }
        return replace(splits, **parts)

    def __call__(self, inputs: Any) -> Any:
        """Returns raw inputs, given by column or as the only column, as the model takes them.

        Args:
            inputs: dictionary, as for `prepare`; or, where one column is read, its values.

        Returns:
            What `prepare` returns.
        """
        return self.prepare(self.by_column(inputs))

    def by_column(self, inputs: Any) -> dict[str, Any]:
        """Returns raw inputs as a dictionary by column, however they were given.

        Args:
            inputs: dictionary from column to values, list of dictionaries (one a sample), a
                `Source`, or, where one column is read, the sequence of its values.

        Returns:
            Dictionary from each name in `columns` to its values.

        Raises:
            InputError: if a column is missing, names are needed and there are none, or one
                input is given for a sequence.
        """
        return inputs_by_column(inputs, self.columns)

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, plain data, with which `from_config` makes it again."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Returns the preprocessor that `get_config` described.

        Args:
            config: dictionary.
        """
        return cls(**config)

    def save_assets(self, directory: Path) -> None:
        """Writes what the configuration does not hold. By default nothing.

        Args:
            directory: Path of a folder that exists.
        """

    def load_assets(self, directory: Path) -> None:
        """Reads what `save_assets` wrote. By default nothing.

        Args:
            directory: Path of the folder.
        """

    def save(self, directory: str | Path) -> None:
        """Writes everything that `load_preprocessor` needs.

        Args:
            directory: str or path. It is made if it does not exist.
        """
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        self.save_assets(folder)
        write_json(folder / _FILE, keras.saving.serialize_keras_object(self))


def load_preprocessor(directory: str | Path) -> Preprocessor:
    """Reads a preprocessor that `Preprocessor.save` wrote, on any backend.

    No code is imported: the class must be known to Keras already.

    Args:
        directory: str or path, where it was saved.

    Returns:
        A `Preprocessor` that gives the same arrays.

    Raises:
        InputError: if the directory does not hold one, or its class is not registered.
        MissingExtraError: if it needs a library that is not installed.

    Example:

    >>> load_preprocessor("no/such/directory")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a directory written by `Preprocessor.save`...
    """
    folder = Path(directory)
    try:
        require_inside(folder)
        config = read_json(folder / _FILE)
        name = config["registered_name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "Expected a directory written by `Preprocessor.save`. Received: "
            f"{str(directory)!r}: {reason(error)}"
        ) from error
    kind = keras.saving.get_registered_object(name) if isinstance(name, str) else None
    if not isinstance(kind, type) or not issubclass(kind, Preprocessor):
        raise InputError(
            f"Expected a class of preprocessors that is registered with Keras. Received: {name!r}"
        )
    try:
        if fault := foreign_part(config):
            raise ValueError(f"{_FILE} has {fault}")
        preprocessor = keras.saving.deserialize_keras_object(config)
        preprocessor.load_assets(folder)
    except InputError:
        raise
    # What a class reads may be broken in any way.
    except Exception as error:
        raise InputError(
            f"Expected whole files of a {name} in {str(directory)!r}. Received: {reason(error)}"
        ) from error
    return preprocessor
