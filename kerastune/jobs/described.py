"""What a run was about, in words: its samples and its result."""

from typing import TYPE_CHECKING, Any

from kerastune.data.fingerprint import fingerprint

if TYPE_CHECKING:
    from kerastune.data import Source, Splits
    from kerastune.evaluation import Evaluation
    from kerastune.jobs.result import Result


def described(splits: "Splits") -> list[str]:
    """What the samples are, and what cleaning did to them, a line each.

    Args:
        splits: the `Splits`.

    Returns:
        List of str.

    Example:

    >>> from kerastune.data import Source, Splits
    >>> samples = Source.of(["good", "bad"], [1, 0], class_names=("no", "yes"))
    >>> described(Splits(samples, samples))
    ['training: 2 samples of data in 2 classes', 'test: 2 samples of data in 2 classes']
    """
    lines = []
    for use, part in splits.parts.items():
        classes = [part.columns[name].class_names or () for name in part.targets]
        counted = [f"{len(names)} classes" for names in classes if names]
        lines.append(
            f"{use}: {len(part):,} samples of {part.name}"
            + (f" in {' and '.join(counted)}" if counted else "")
        )
    # The parts of a split share their notes.
    notes = dict.fromkeys(
        (part.name, note) for part in splits.parts.values() for note in part.notes
    )
    return lines + [f"{name}: {note}" for name, note in notes]


def identified(splits: "Splits") -> dict[str, dict[str, Any]]:
    """How many samples there are in each part of a split, and their fingerprint.

    Args:
        splits: the `Splits`.

    Returns:
        Dictionary from the name of a part to a dictionary of `name`, `samples` and
        `fingerprint`, see `kerastune.data.fingerprint`.

    Example:

    >>> from kerastune.data import Source, Splits
    >>> samples = Source.of(["good", "bad"], [1, 0], class_names=("no", "yes"))
    >>> found = identified(Splits(samples, samples))
    >>> found["test"]["samples"], found["test"] == found["training"]
    (2, True)
    """
    return {
        use: {"name": part.name, "samples": len(part), "fingerprint": fingerprint(part)}
        for use, part in splits.parts.items()
    }


def summary(result: "Result", measured: "Evaluation", test: "Source") -> str:
    """The result in one sentence.

    Args:
        result: the `Result`.
        measured: the `Evaluation` on the test samples.
        test: the `Source` of these.

    Returns:
        str.

    Example:

    >>> from types import SimpleNamespace
    >>> from kerastune.data import Source
    >>> from kerastune.evaluation import Evaluation, Metric
    >>> from kerastune.training import TrainingHistory
    >>> plan = SimpleNamespace(name="full")
    >>> result = SimpleNamespace(history=TrainingHistory(epochs=[{}, {}]), plan=plan)
    >>> summary(result, Evaluation([Metric("accuracy", 0.9)]), Source.of(["a text"], [0.5]))
    'Accuracy 0.9000 on 1 test sample of data, after 2 epochs of the plan full.'
    """
    metric = next(iter(measured.metrics), None)
    reached = f"{metric.name.replace('_', ' ')} {metric.value:.4f}" if metric else "measured"
    epochs = len(result.history.epochs)
    trained = f", after {_counted(epochs, 'epoch')} of the plan {result.plan.name}" * bool(epochs)
    sentence = f"{reached} on {_counted(len(test), 'test sample')} of {test.name}{trained}."
    return sentence[0].upper() + sentence[1:]


def _counted(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
