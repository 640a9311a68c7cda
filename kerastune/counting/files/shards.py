"""Weights in several files, and the index beside them that says what is where."""

import re
from collections import defaultdict
from pathlib import Path

from kerastune.counting.files.reading import parse_json, quoted, read_bounded, require_file

_PART = re.compile(r"(-\d+-of-\d+\.safetensors|_\d{5}\.weights\.h5)$")


def read_index(path: Path) -> dict[Path, set[str]]:
    """What each file holds, as an index says: `model.safetensors.index.json` or Keras' own.

    Args:
        path: path of the index.

    Returns:
        Dictionary from the paths of files, which are in the folder of the index, to the
        names of the tensors (safetensors) or groups of variables (Keras) in them.

    Raises:
        OSError: if the index or a file that it names is missing.
        ValueError: if it is no index, or names a file outside of its folder.

    Example:

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> index = folder / "model.safetensors.index.json"
    >>> _ = index.write_text('{"weight_map": {"bias": "../secret.safetensors"}}')
    >>> read_index(index)
    Traceback (most recent call last):
        ...
    ValueError: it names the file '../secret.safetensors', which is not in its own folder
    """
    require_file(path)
    with open(path, "rb") as file:
        weight_map = parse_json(read_bounded(file)).get("weight_map")
    if not isinstance(weight_map, dict):
        raise ValueError("it has no `weight_map` from names to files")
    members: defaultdict[Path, set[str]] = defaultdict(set)
    for name, files in weight_map.items():
        # Keras gives a list where the variables of a layer are in several files.
        for file_name in files if isinstance(files, list) else [files]:
            members[_beside(path, file_name)].add(name)
    for part in members:
        if not part.is_file():
            raise FileNotFoundError(
                f"it names the file {quoted(part.name)}, which is not beside it"
            )
    return dict(members)


def part_notes(path: Path) -> tuple[str, ...]:
    """A note for a file that by its name is one part of several.

    Example:

    >>> part_notes(Path("model-00001-of-00003.safetensors"))[0].partition(":")[0]
    'one part of a model in several files'
    >>> part_notes(Path("model.safetensors"))
    ()
    """
    if not _PART.search(path.name):
        return ()
    return ("one part of a model in several files: count the index (.json) beside it for all",)


def _beside(index: Path, name: object) -> Path:
    """The path of a file that an index names, in the folder of the index."""
    plain = isinstance(name, str) and name.isprintable() and not set(name) & set("/\\:")
    if not plain or name in ("", ".", ".."):
        raise ValueError(f"it names the file {quoted(name)}, which is not in its own folder")
    return index.with_name(str(name))
