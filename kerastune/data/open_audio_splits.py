"""Splits of recordings, tested on voices that are not trained on where voices are told."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kerastune.data.group_columns import groups_of, without_groups
from kerastune.data.open_splits import open_splits
from kerastune.data.readers import audio_reader
from kerastune.data.splits import Splits


def open_audio_splits(
    data: Any,
    options: Mapping[str, Any] | None = None,
    *,
    sample_rate: int,
    samples_per_class: int | None = None,
) -> Splits:
    """Opens recordings and shares them out for training, validation and the test.

    Where the data tell who speaks, all recordings of one speaker are in one part.

    Args:
        data: what `open_audio` takes, or data that come with their own split, see `parts_of`.
        options: dictionary, as for `open_splits`.
        sample_rate: int, samples a second.
        samples_per_class: int, the recordings of each class to train and validate on; the other
            training recordings are left out. Defaults to all.

    Returns:
        `Splits` with one input of kind `audio` and a target of kind `class`.

    Raises:
        InputError: if the data cannot be opened or shared out so.

    Example:

    >>> import numpy as np
    >>> pair = [np.full(800, step / 9) for step in range(8)], ["no", "yes"] * 4
    >>> splits = open_audio_splits(pair, sample_rate=8000)
    >>> {use: len(part) for use, part in splits.parts.items()}
    {'training': 6, 'test': 2}
    """
    splits = open_splits(
        data,
        options,
        target_kind="class",
        samples_per_class=samples_per_class,
        open_with=audio_reader(sample_rate),
    )
    parts = {use: without_groups(part) for use, part in splits.parts.items()}
    trained, tested = groups_of(splits.training), groups_of(splits.test)
    if trained is not None and tested is not None:
        voices = set(tested)
        heard = len(voices & set(trained))
        note = f"{len(voices)} voices, {heard} of them also among those to train on"
        parts["test"] = replace(parts["test"], notes=(*parts["test"].notes, note))
    return replace(splits, **parts)
