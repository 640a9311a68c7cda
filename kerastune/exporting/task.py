"""What a process of an export is to do, as files."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from kerastune import files


@dataclass(frozen=True)
class Task:
    """What a process of an export is to do.

    Args:
        kind: str, `"write"` or `"run"`.
        formats: list of str, the formats.
        backend: str, the one to write with; `""` to run them.
        folder: str, where model and samples are, and where artefacts are written.
        result: str, the file in `folder` for what comes of it.
        recipe: str, a Python file to import first, or `""`.

    Example:

    >>> Task("run", ["onnx"], "", "work", "onnx.json").formats
    ['onnx']
    """

    kind: str
    formats: list[str]
    backend: str
    folder: str
    result: str
    recipe: str = ""

    @classmethod
    def read(cls, path: Path) -> "Task":
        """Returns the task in a file.

        Args:
            path: Path.

        Example:

        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "task.json"
        >>> Task("run", ["onnx"], "", "work", "onnx.json").write(path)
        >>> Task.read(path).kind
        'run'
        """
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def write(self, path: Path) -> None:
        """Writes the task to a file.

        Args:
            path: Path.
        """
        files.write_json(path, asdict(self))
