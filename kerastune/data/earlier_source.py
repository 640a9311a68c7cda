"""Attributes that sources had when each was one input and one label, for one version more."""

from typing import TYPE_CHECKING, Any

from kerastune.renamed import warn_renamed

if TYPE_CHECKING:
    from kerastune.data.source import Source


def earlier_attribute(source: "Source", name: str) -> Any:
    """Returns the value of an old attribute of a source with one input and one target.

    Raises:
        AttributeError: if there never was such an attribute, or the source has several.
    """
    if name not in ("class_names", "classes", "features", "labels"):
        raise AttributeError(f"'Source' object has no attribute {name!r}")
    columns = source.inputs if name == "features" else source.targets
    if len(columns) != 1:
        raise AttributeError(f"'Source' object has no attribute {name!r}: it has {list(columns)}")
    (column,) = columns
    if name in ("features", "labels"):
        warn_renamed(f"Source.{name}", f"Source.values[{column!r}]", stacklevel=3)
        return source.values[column]
    warn_renamed(f"Source.{name}", f"Source.columns[{column!r}].class_names", stacklevel=3)
    return source.columns[column].class_names
