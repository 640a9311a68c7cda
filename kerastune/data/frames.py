"""Frames and tables of other libraries, told by the names of their modules.

None of pandas, PyArrow and Hugging Face's `datasets` is imported, as none is needed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kerastune.data.records import RecordColumn
from kerastune.data.table_columns import Cells, require_columns
from kerastune.errors import InputError
from kerastune.lazy_polars import polars


def looks_like_frame(data: Any) -> bool:
    """Returns whether data are a frame of Polars or pandas, or a table of Arrow or Hugging Face.

    Args:
        data: anything.

    Raises:
        InputError: if it is a data set of Hugging Face without a length.

    Example:

    >>> looks_like_frame(polars.DataFrame({"age": [30]})), looks_like_frame([{"age": 30}])
    (True, False)
    """
    return _reader(data) is not None


def columns_of_frame(data: Any) -> Cells:
    """Returns the columns of a frame.

    Args:
        data: what `looks_like_frame` is true of. Classes that a data set of Hugging Face names
            are given by their names, and -1, which stands for no label there, as None. Its
            images are read when they are asked for.

    Returns:
        Dictionary from the name of each column to its values.

    Raises:
        InputError: if two columns have one name.

    Example:

    >>> list(columns_of_frame(polars.DataFrame({"age": [30]})))
    ['age']
    """
    reader = _reader(data)
    if reader is None:
        raise InputError(f"Expected a frame. Received: {type(data).__name__}")
    return reader(data)


def _reader(data: Any) -> Callable[[Any], Cells] | None:
    """Returns the function that reads data of that type, or None."""
    # Also of a class of the reader's own that extends one of them.
    packages = {base.__module__.partition(".")[0] for base in type(data).__mro__}
    # Not asked of anything else, as that would import Polars.
    if "polars" in packages and isinstance(data, polars.DataFrame | polars.LazyFrame):
        return _of_polars
    if "pandas" in packages and hasattr(data, "iloc") and hasattr(data, "columns"):
        return _of_pandas
    if "pyarrow" in packages and hasattr(data, "schema"):
        return _of_arrow
    if "datasets" in packages and hasattr(data, "features") and not isinstance(data, Mapping):
        if not hasattr(data, "__len__"):
            raise InputError(
                "Expected a data set of a known length. Received: "
                f"{type(data).__name__}. Load it without streaming"
            )
        return _of_hugging_face
    return None


def _of_polars(frame: Any) -> Cells:
    if isinstance(frame, polars.LazyFrame):
        frame = frame.collect()
    return {name: frame[name] for name in frame.columns}


def _of_arrow(table: Any) -> Cells:
    names = list(table.schema.names)
    require_columns(names, names, "the table")
    frame = polars.DataFrame(polars.from_arrow(table))
    return {name: frame[name] for name in names}


def _of_pandas(frame: Any) -> Cells:
    """Returns the columns of pandas, as lists: to read its memory would take PyArrow."""
    names = [str(name) for name in frame.columns]
    require_columns(names, names, "the frame")
    return {name: frame.iloc[:, index].tolist() for index, name in enumerate(names)}


def _of_hugging_face(data: Any) -> Cells:
    """Returns the columns of a data set of Hugging Face."""
    plain = data.with_format(None)
    return {name: _feature(plain, name, data.features.get(name)) for name in data.column_names}


def _feature(data: Any, name: str, feature: Any) -> Sequence[Any]:
    """Returns the values of one column, with names for the numbers of classes."""
    values = RecordColumn(data.select_columns([name]), name)
    if (names := getattr(feature, "names", None)) is not None:
        return [_class_name(code, names) for code in values]
    inner = getattr(feature, "feature", feature[0] if isinstance(feature, list) else None)
    if (names := getattr(inner, "names", None)) is not None:
        return [[_class_name(code, names) for code in codes or ()] for codes in values]
    # A `Value` is a number or a text; images and sounds are decoded when they are asked for.
    return list(values) if type(feature).__name__ == "Value" else values


def _class_name(code: int | None, names: Sequence[str]) -> str | None:
    """Returns the name of a class, or None for no label."""
    return None if code is None or code < 0 else names[code]
