"""Whether a run was worth it: the model beside its baselines, and what to try next."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kerastune.jobs.standing import standing
from kerastune.jobs.symptoms import one_sided_answers, symptoms_of_losses

if TYPE_CHECKING:
    from kerastune.evaluation import Evaluation
    from kerastune.training import TrainingHistory

_NOTHING_SHOWN = (
    "Neither answers nor losses show why: try another --learning_rate, another --plan, or more "
    "samples."
)


@dataclass(frozen=True)
class Verdict:
    """What a run's numbers say.

    Args:
        beats_baselines: bool, whether the model's first metric is better than that of every
            baseline, of several targets for each of them, or None without a baseline to
            compare with.
        lines: tuple of str, sentences for a person.

    Example:

    >>> Verdict(True, ("Accuracy 0.80 beats ...",)).beats_baselines
    True
    """

    beats_baselines: bool | None
    lines: tuple[str, ...]


def judge(
    evaluation: "Evaluation",
    baselines: "Mapping[str, Evaluation]",
    history: "TrainingHistory",
    test_samples: int,
    targets: Sequence[str] = (),
) -> Verdict:
    """Compares a model with its baselines, and says what may be wrong.

    Compared is the first metric of which it is known whether more is better; of several
    targets that of each.

    Args:
        evaluation: the `Evaluation` of the model on the test samples.
        baselines: dictionary from the name of a baseline to its `Evaluation` on them.
        history: the `TrainingHistory` of the training.
        test_samples: int, how many test samples there are.
        targets: sequence of str, the columns that were learned. Where there are several, the
            names of metrics and tables begin with them. Defaults to none.

    Returns:
        A `Verdict`.

    Example:

    >>> from kerastune.evaluation import Evaluation, Metric
    >>> from kerastune.training import TrainingHistory
    >>> model, simple = (Evaluation([Metric("accuracy", value)]) for value in (0.9, 0.6))
    >>> for line in judge(model, {"majority class": simple}, TrainingHistory(), 100).lines:
    ...     print(line)
    Accuracy 0.9000 beats majority class (0.6000) by 0.3000. Of 100 test samples, differences
    below 0.1126 may be chance.
    """
    parts = _by_target(evaluation, targets)
    simple = {name: _by_target(one, targets) for name, one in baselines.items()}
    stands = {
        target: standing(
            part,
            {name: one[target] for name, one in simple.items() if target in one},
            test_samples,
        )
        for target, part in parts.items()
    }
    told = [_of(target, one.line) for target, one in stands.items() if one.line]
    # Advice for a model that is good already would be noise.
    doubtful = [target for target, one in stands.items() if not one.is_clear]
    advice = [
        _of(target, line)
        for target in doubtful
        for line in one_sided_answers(parts[target], test_samples)
    ]
    if doubtful:
        advice += symptoms_of_losses(history)
    compared = [one.ahead for one in stands.values() if one.ahead is not None]
    if not advice and any(ahead <= 0 for ahead in compared):
        advice.append(_NOTHING_SHOWN)
    beats = all(ahead > 0 for ahead in compared) if compared else None
    return Verdict(beats, (*told, *advice))


def next_steps(run_dir: Path) -> list[str]:
    """The commands to go on with after a run.

    Args:
        run_dir: Path of the run directory. One below the working directory is shown from there.

    Returns:
        List of str, a command each.

    Example:

    >>> next_steps(Path("runs/my run"))
    ["kerastune predict 'runs/my run' FILE", "kerastune report 'runs/my run' --open"]
    """
    here = Path.cwd()
    is_below = run_dir.is_absolute() and run_dir != here and run_dir.is_relative_to(here)
    shown = shlex.quote(str(run_dir.relative_to(here) if is_below else run_dir))
    return [f"kerastune predict {shown} FILE", f"kerastune report {shown} --open"]


def _by_target(evaluation: "Evaluation", targets: Sequence[str]) -> "dict[str, Evaluation]":
    """What was measured of each of several targets; under no name where it is of one."""
    parts = evaluation.parts(targets) if len(targets) > 1 else {}
    return parts or {"": evaluation}


def _of(target: str, line: str) -> str:
    """A sentence, with the target that it is about before it."""
    return f"{target}: {line}" if target else line
