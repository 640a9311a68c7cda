"""What is known of a difference, and of a model that is compared."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kerastune.comparison.judging.differences import Difference
from kerastune.comparison.known_causes import Cause, Use, causes_of
from kerastune.comparison.records import Record


def explanations(found: Difference, records: Sequence[Record]) -> list[Cause]:
    """The known causes of a difference.

    Args:
        found: the first `Difference` beyond its tolerance.
        records: sequence of `Record`, the reference first.

    Returns:
        List of `Cause`, empty where none is known.

    Example:

    >>> import tempfile
    >>> from pathlib import Path
    >>> from kerastune import files
    >>> folder = Path(tempfile.mkdtemp())
    >>> part = {"uses": [{"kind": "operation", "names": ["Dot"], "settings": {}}]}
    >>> result = {"backend": "jax", "versions": {"keras": "3.15.1"}, "layers": [{"part": 0}]}
    >>> written = files.write_json(folder / "result.json", result | {"parts": [part]})
    >>> found = Difference("layer", "dot", "torch", 1.0, 1.0, 1e-4, "off")
    >>> [cause.id for cause in explanations(found, [Record(folder)])]
    ['dot_of_three_dimensions']
    """
    reference = records[0]
    backends = [reference.backend, found.backend]
    causes = causes_of(_uses_at(found, reference), backends, _version(reference))
    # What both backends have is no difference.
    return [
        cause
        for cause in causes
        if found.stage in cause.stages and not set(backends) <= set(cause.backends)
    ]


def notes(records: Sequence[Record]) -> list[str]:
    """What is known to be wrong with what a model uses, though comparing does not show it.

    Args:
        records: sequence of `Record`, the reference first.

    Returns:
        List of str, sentences.

    Example:

    See `kerastune.comparison.trial.trial_of`.
    """
    reference = records[0]
    uses = [*_uses(reference.result["parts"]), *_compiled_uses(reference)]
    causes = causes_of(uses, [record.backend for record in records], _version(reference))
    return [
        f"Known of Keras {_version(reference)}: {cause.sentence}"
        for cause in causes
        if not cause.stages
    ]


def _uses_at(found: Difference, reference: Record) -> list[Use]:
    """What is used where a difference is: by one layer, or by all that it may come from."""
    result = reference.result
    if found.stage == "layer":
        return _uses([result["parts"][result["layers"][found.place]["part"]]])
    parts = [part for part in result["parts"] if part is not None]
    if found.stage == "update":
        parts = [part for part in parts if found.place in part["weights"]]
    return [*_uses(parts), *_compiled_uses(reference)]


def _uses(parts: Iterable[Mapping[str, Any]]) -> list[Use]:
    """What layers and operations use."""
    return [Use(**use) for part in parts if part is not None for use in part.get("uses", ())]


def _compiled_uses(reference: Record) -> list[Use]:
    """The losses, metrics and the optimizer of a model."""
    return [Use(**use) for use in reference.result.get("compiled_uses", ())]


def _version(record: Record) -> str:
    """The version of Keras that a process had."""
    return record.result["versions"].get("keras", "0")
