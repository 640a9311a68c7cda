"""Examples as a report and a terminal show them: inputs of any kind beside the answers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kerastune.display.thumbnails import thumbnail

if TYPE_CHECKING:
    from kerastune.data import Source
    from kerastune.jobs.chosen_examples import Example

_IN_TERMINAL = 3
_MOST_NUMBERS = 12


def page_rows(
    examples: "Mapping[str, Sequence[Example]]", samples: "Source", columns: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """Examples as the rows of tables, with images as small PNG files.

    Args:
        examples: dictionary from a heading to a sequence of `Example`.
        samples: `Source` that they are from.
        columns: sequence of str, the columns that the model is given.

    Returns:
        Dictionary from the heading to a list of dictionaries: `row`, where the sample was in the
        data as they were given; each image by its column, bytes; other inputs as `input`, str;
        and the answers.

    Example:

    >>> from kerastune.data import Source
    >>> from kerastune.jobs.chosen_examples import Example
    >>> samples = Source.of(["good", "bad"], [0.5, 0.25])
    >>> page_rows({"Some": [Example(1, {"predicted": 0.3})]}, samples, ["text"])
    {'Some': [{'row': 1, 'input': 'bad', 'predicted': 0.3}]}
    """
    return {
        heading: [_row(one, samples, columns) for one in chosen]
        for heading, chosen in examples.items()
    }


def terminal_lines(
    examples: "Mapping[str, Sequence[Example]]", samples: "Source", columns: Sequence[str]
) -> Iterator[str]:
    """Examples as lines of text: a heading, and the first few under it.

    Args:
        examples: as for `page_rows`.
        samples: `Source` that they are from.
        columns: sequence of str, the columns that the model is given.

    Yields:
        Lines, str, of any length.

    Example:

    >>> from kerastune.data import Source
    >>> from kerastune.jobs.chosen_examples import Example
    >>> samples = Source.of(["good", "bad"], [0.5, 0.25])
    >>> for line in terminal_lines({"Some": [Example(1, {"predicted": 0.3})]}, samples, ["text"]):
    ...     print(line)
    Some
      predicted 0.3
          bad
    """
    for heading, chosen in examples.items():
        yield heading
        for one in chosen[:_IN_TERMINAL]:
            yield "  " + ", ".join(f"{name} {value}" for name, value in one.answers.items())
            # The whole inputs are in the report.
            yield "      " + _line(samples[one.position], columns)


def _row(example: "Example", samples: "Source", columns: Sequence[str]) -> dict[str, Any]:
    """An example as a row of a table."""
    sample = samples[example.position]
    images = {
        name: small
        for name in columns
        if samples.columns[name].kind == "image"
        and (small := thumbnail(np.asarray(sample[name]))) is not None
    }
    others = [name for name in columns if name not in images]
    return {
        "row": samples.row(example.position),
        **images,
        **({"input": _line(sample, others)} if others else {}),
        **example.answers,
    }


def _line(sample: Mapping[str, Any], columns: Sequence[str]) -> str:
    """The inputs of a sample as a line of text."""
    if len(columns) == 1:
        return shown_value(sample[columns[0]])
    return "; ".join(f"{name} {shown_value(sample[name])}" for name in columns)


def shown_value(value: Any) -> str:
    """An input as a line of text.

    Args:
        value: anything.

    Returns:
        str; of an array of more than twelve numbers its shape.

    Example:

    >>> shown_value(np.array([1.0, 2.5])), shown_value(np.zeros((5, 5)))
    ('1, 2.5', 'array of shape (5, 5)')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    if not isinstance(value, np.ndarray | list | tuple | int | float | np.generic):
        return str(value)
    try:
        array = np.asarray(value)
    except ValueError:  # Of several lengths.
        return str(value)
    if array.dtype.kind not in "iufb":
        return str(value)
    if array.size > _MOST_NUMBERS:
        return f"array of shape {array.shape}"
    return ", ".join(f"{number:.4g}" for number in array.ravel())
