"""Known conflicts between installed versions."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from packaging.version import InvalidVersion, Version

from kerastune.backends.diagnosis.probing import BackendReport
from kerastune.backends.diagnosis.requirements import unmet

Versions = Callable[[str], str | None]

# Distributions that put their files into one folder: the one installed last has written over
# some of the other's.
_ONE_FOLDER = (
    ("keras", "keras-nightly"),
    ("keras-hub", "keras-hub-nightly"),
    ("tensorflow", "tensorflow-cpu"),
    ("tensorflow", "tf-nightly"),
    ("jax", "jax-nightly"),
)
# Built against one version of another: the parts of the version that must agree.
_BUILT_TOGETHER = (
    ("tensorflow-text", "tensorflow", 2),
    ("jaxlib", "jax", 2),
)
_WITH_REQUIREMENTS = ("keras", "keras-hub", "tensorflow", "jax", "torch", "tensorflow-datasets")
_USUAL = {"floatx": "float32", "image_data_format": "channels_last"}


def version_conflicts(version_of: Versions) -> list[str]:
    """Returns combinations of packages that break.

    Args:
        version_of: function from the name of a distribution to its version, or None if it is
            not installed.

    Returns:
        List of str, a sentence each.

    Example:

    >>> version_conflicts({"keras": "3.15.1", "keras-nightly": "3.16"}.get)
    ['keras and keras-nightly write over each other: uninstall both, and install one of them']
    """
    found = [
        f"{one} and {other} write over each other: uninstall both, and install one of them"
        for one, other in _ONE_FOLDER
        if version_of(one) and version_of(other)
    ]
    for one, other, parts in _BUILT_TOGETHER:
        versions = version_of(one), version_of(other)
        if None not in versions and _start(versions[0], parts) != _start(versions[1], parts):
            found.append(f"{one} {versions[0]} was not built for {other} {versions[1]}")
    torch, vision = version_of("torch"), version_of("torchvision")
    if torch and vision and ("+cpu" in torch) != ("+cpu" in vision):
        found.append(
            f"torchvision {vision} and torch {torch} are not both for the CPU or both for a GPU: "
            "packages that import torchvision, such as transformers and timm, fail"
        )
    return found


def unmet_requirements(version_of: Versions) -> list[str]:
    """Returns the requirements of the frameworks that are not met.

    Args:
        version_of: as for `version_conflicts`.

    Returns:
        List of str, a sentence each.

    Example:

    >>> unmet_requirements({}.get)
    []
    """
    return [
        f"{name} {version} needs {what}"
        for name in _WITH_REQUIREMENTS
        if (version := version_of(name))
        for what in unmet(name)
    ]


def configuration_remarks(file: Path) -> list[str]:
    """Returns remarks on unusual settings in the Keras configuration file.

    Args:
        file: Path, which may not be there.

    Returns:
        List of str, a sentence each.

    Example:

    >>> configuration_remarks(Path("no/such/keras.json"))
    []
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError):
        return [f"{file} cannot be read, so that Keras takes its defaults"]
    if not isinstance(found, Mapping):
        return [f"{file} holds no settings, so that Keras takes its defaults"]
    return [
        f"{file} sets {name} to {found[name]!r}; kerastune is tested with {usual!r} alone"
        for name, usual in _USUAL.items()
        if found.get(name, usual) != usual
    ]


def unseen_gpus(reports: Sequence[BackendReport], has_gpu: bool) -> list[str]:
    """Returns the backends that do not see the GPU that is there.

    Args:
        reports: sequence of `BackendReport`.
        has_gpu: bool, whether the machine has a GPU of NVIDIA.

    Returns:
        List of str, a sentence each.

    Example:

    >>> len(unseen_gpus([BackendReport("jax", "0.10.2", ("cpu:0",))], has_gpu=True))
    1
    """
    builds = {
        "tensorflow": "install tensorflow[and-cuda]",
        "jax": "install jax[cuda13], or the one for its CUDA",
        "torch": "install the build of torch for its CUDA",
    }
    return [
        f"{report.name} sees none of the GPUs of NVIDIA that are there: {builds[report.name]}"
        for report in reports
        if has_gpu and report.works and all(one.startswith("cpu") for one in report.devices)
    ]


def _start(version: str | None, parts: int) -> tuple[int, ...]:
    try:
        return Version(version or "").release[:parts]
    except InvalidVersion:
        return ()
