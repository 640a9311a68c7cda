"""How outputs become answers, and samples inputs, in words and numbers that need no Keras."""

from collections.abc import Callable
from typing import Any

from kerastune.heads import (
    Classification,
    Gaussian,
    Head,
    Multilabel,
    Ordinal,
    Quantile,
    Regression,
    Several,
    TokenClassification,
)
from kerastune.heads.standardised import Standardised
from kerastune.preprocessing import (
    ArrayPreprocessor,
    ImagePreprocessor,
    NumberRows,
    Preprocessor,
    TablePreprocessor,
)


def decoding(head: Head) -> dict[str, Any]:
    """Returns how the outputs of a model become answers.

    Args:
        head: the `Head` of a run.

    Returns:
        Dictionary of plain data: `head`, `how` in words, and the numbers and names that it takes.

    Example:

    >>> decoding(Classification(("cat", "dog")))["class_names"]
    ['cat', 'dog']
    """
    found = {"head": type(head).__name__}
    for kind, describe in _HEADS.items():
        if isinstance(head, kind):
            return found | describe(head)
    held = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in head.get_config().items()
        if isinstance(value, str | int | float | tuple | list)
    }
    how = (
        "outputs are those of the network; how answers are found with them is in the method "
        f"`decode` of the class {type(head).__name__}, and is not in the file"
    )
    return found | {"how": how, "settings": held}


def preparation(preprocessor: Preprocessor) -> str:
    """Returns how raw samples become inputs of a model, in words.

    Args:
        preprocessor: the `Preprocessor` of a run.

    Example:

    >>> preparation(ImagePreprocessor((8, 8, 1)))
    'images of 8 x 8 pixels and 1 channel as float32, values from 0 to 255; others are resized ...'
    """
    for kind, describe in _PREPROCESSORS.items():
        if isinstance(preprocessor, kind):
            return describe(preprocessor)
    return (
        f"as the method `prepare` of the class {type(preprocessor).__name__} does, with the files "
        "in the folder `preprocessor`: settings in class.json, and vocabularies beside it"
    )


def _classes(head: Any) -> dict[str, Any]:
    names = list(head.class_names)
    how = (
        "one logit x; the second class has the probability 1 / (1 + exp(-x)), and is the answer "
        "where that is above 0.5"
        if len(names) == 2
        else "a logit for each class; the softmax gives probabilities, and the largest the answer"
    )
    return {"how": how, "class_names": names}


def _labels(head: Multilabel) -> dict[str, Any]:
    limits = head.thresholds or (0.5,) * len(head.class_names)
    return {
        "how": "a logit x for each label, of the probability 1 / (1 + exp(-x)); labels hold where "
        "that is above their threshold",
        "class_names": list(head.class_names),
        "thresholds": list(limits),
    }


def _ranks(head: Ordinal) -> dict[str, Any]:
    return {
        "how": "a logit x for each class but the last, of the probability 1 / (1 + exp(-x)) to "
        "rank above it for what ranks there; the place of the answer, from 0, is how many of the "
        "running products of these are above 0.5",
        "class_names": list(head.class_names),
        "values": None if head.values is None else list(head.values),
    }


def _quantities(head: Any) -> dict[str, Any]:
    count = len(head.mean)
    how = f"the first {count} output{'s' * (count > 1)} times `standard_deviation` plus `mean`"
    more: dict[str, Any] = {}
    if isinstance(head, Quantile):
        how = (
            f"outputs are the medians, then what else predicts the quantiles; {how} gives the "
            "medians. Intervals need the class Quantile"
        )
        more = {"quantiles": list(head.quantiles)}
    if isinstance(head, Gaussian):
        how = f"{how} gives means. Deviations need the class Gaussian"
    if isinstance(head, Regression) and head.output_range is not None:
        more = {"output_range": list(head.output_range)}
    return {
        "how": how,
        "mean": list(head.mean),
        "standard_deviation": list(head.standard_deviation),
        **more,
    }


def _tags(head: TokenClassification) -> dict[str, Any]:
    return {
        "how": "a logit for each tag at each piece of a token; the largest at the first piece of a "
        "token is its tag",
        "class_names": list(head.class_names),
    }


def _several(head: Several) -> dict[str, Any]:
    return {
        "how": "an output for each column",
        "columns": {
            column: {"output": head.output_names[column], **decoding(one)}
            for column, one in head.heads.items()
        },
    }


_HEADS: dict[type, Callable[[Any], dict[str, Any]]] = {
    Classification: _classes,
    Multilabel: _labels,
    Ordinal: _ranks,
    Standardised: _quantities,
    TokenClassification: _tags,
    Several: _several,
}


def _images(preprocessor: ImagePreprocessor) -> str:
    height, width, channels = preprocessor.image_shape
    return (
        f"images of {height} x {width} pixels and {channels} channel{'s' * (channels > 1)} as "
        "float32, values from 0 to 255; others are resized bilinearly, with smoothing where they "
        "shrink. What scales pixels is inside the model"
    )


def _table(preprocessor: TablePreprocessor) -> str:  # noqa: ARG001
    return (
        "`numbers`: those of each column in class.json, (x - center) / scale, 0 where one is "
        "missing, with a 1 behind it in columns that mark it; `categories`: 0 where one is "
        "missing, 1 for an unknown or rare one, else its place in the list plus 2"
    )


_PREPROCESSORS: dict[type, Callable[[Any], str]] = {
    ImagePreprocessor: _images,
    TablePreprocessor: _table,
    NumberRows: lambda one: f"rows of the numbers {', '.join(one.columns)}, as they are",
    ArrayPreprocessor: lambda one: "arrays as they are",  # noqa: ARG005
}
