"""What each format of exported models is called, made of and run by. Nothing is imported."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

from kerastune.errors import InputError
from kerastune.installing import install_command

HERE = ""
"""The backend of formats that any one writes."""

PROGRAM = "torch"
"""The format of PyTorch's exported programs."""


@dataclass(frozen=True)
class ExportFormat:
    """A format in which a model can be exported.

    Args:
        name: str, what a person asks for.
        title: str, what it is called.
        path: str, the artefact in the folder of an export, a file or a folder.
        backend: str, the one in whose process it is written, or `HERE`.
        writers: tuple of str, packages by the name of their import that it takes to write it.
        runtimes: tuple of str, packages of which one runs it.
        extra: str, the extra of this package that installs all of them.
        holds_text: bool, whether it can take strings as inputs. Defaults to False.

    Example:

    >>> FORMATS["onnx"].path
    'model.onnx'
    """

    name: str
    title: str
    path: str
    backend: str
    writers: tuple[str, ...]
    runtimes: tuple[str, ...]
    extra: str
    holds_text: bool = False

    @property
    def runtime(self) -> str:
        """str, the import name of the package by which it is run here: the first installed."""
        return next(iter(_installed(self.runtimes)), self.runtimes[0])

    def missing(self) -> list[str]:
        """Returns the packages that are needed and not installed, by the name of their import.

        Example:

        >>> isinstance(FORMATS["savedmodel"].missing(), list)
        True
        """
        lacking = [name for name in self.writers if not _installed([name])]
        return lacking if _installed(self.runtimes) else [*lacking, self.runtimes[0]]


FORMATS: dict[str, ExportFormat] = {
    one.name: one
    for one in (
        ExportFormat(
            "savedmodel",
            "TensorFlow SavedModel",
            "saved_model",
            "tensorflow",
            ("tensorflow",),
            ("tensorflow",),
            "tensorflow",
            holds_text=True,
        ),
        ExportFormat(
            "onnx",
            "ONNX",
            "model.onnx",
            "tensorflow",
            ("tensorflow", "onnx", "tf2onnx"),
            ("onnxruntime",),
            "tensorflow,onnx",
        ),
        ExportFormat(
            "litert",
            "LiteRT (TensorFlow Lite)",
            "model.tflite",
            "tensorflow",
            ("tensorflow",),
            ("ai_edge_litert", "tensorflow"),
            "export",
        ),
        ExportFormat(
            "openvino",
            "OpenVINO IR",
            "openvino",
            "tensorflow",
            ("tensorflow", "openvino"),
            ("openvino",),
            "export",
        ),
        ExportFormat(
            "torch",
            "PyTorch exported program",
            "model.pt2",
            "torch",
            ("torch",),
            ("torch",),
            "torch",
        ),
        ExportFormat(
            "pth",
            "weights as safetensors",
            "weights.safetensors",
            HERE,
            ("safetensors",),
            ("safetensors",),
            "export",
        ),
        ExportFormat(
            "huggingface",
            "Hugging Face directory",
            "hugging_face",
            HERE,
            ("torch", "transformers"),
            ("transformers",),
            "torch,export",
        ),
    )
}
"""The formats by name, in the order in which they are shown. The last two hold weights alone."""


def require_installed(formats: Sequence[ExportFormat]) -> None:
    """Raises unless what formats need is installed.

    Args:
        formats: sequence of `ExportFormat`.

    Raises:
        InputError: if something is not, with what to install.

    Example:

    >>> require_installed([])
    """
    for one in formats:
        if lacking := one.missing():
            raise InputError(
                f"Expected what writes and runs {one.title} to be installed. Received: "
                f"{', '.join(lacking)} missing. Install: "
                f"{install_command(*one.extra.split(','))}"
            )


def _installed(names: Sequence[str]) -> list[str]:
    return [name for name in names if importlib.util.find_spec(name) is not None]
