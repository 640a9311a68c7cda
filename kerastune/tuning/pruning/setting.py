"""What a stage prunes, as plain data."""

from dataclasses import dataclass, fields
from math import isfinite
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError, closest

if TYPE_CHECKING:
    from kerastune.backends.optimizers import MaskSchedule


@dataclass(frozen=True)
class Pruning:
    """Weights that a stage sets to zero, more and more of them, the smallest of each kernel first.

    What is pruned stays exactly zero from then on, in later stages too. Each kernel loses the same
    share of its weights. The share grows by the cubic schedule of Zhu and Gupta, fast where there
    is much to lose and slowly at the end; the rest trains on meanwhile.

    Args:
        sparsity: float above 0 and below 1, the share of each kernel that is zero in the end.
        initial_sparsity: float from 0 to `sparsity`, the share at the first time. Defaults to 0.
        begin: float from 0 to 1, the share of the steps of the stage before the first time.
            Defaults to 0.
        end: float above `begin`, at most 1, the share of the steps before the last time, after
            which what is left trains on. Defaults to 0.5.
        times: int, how often between. Defaults to 50, or fewer where there are fewer steps.
        targets: str, the pattern of what is pruned, see `kerastune.tuning.match`; of what it
            names, that which does not train in the stage is left as it is. Defaults to
            `"kernels"`, with `structured` to `"kernels & ~head"`.
        structured: bool, whether whole outputs of dense layers and filters of convolutions are
            pruned, those with the smallest norm, and not single weights. Defaults to False.

    Raises:
        InputError: if a setting is out of its range.

    Reference:
        Zhu and Gupta, 2017, "To prune, or not to prune: exploring the efficacy of pruning for
        model compression", https://arxiv.org/abs/1710.01878;
        Li et al., 2017, "Pruning Filters for Efficient ConvNets",
        https://arxiv.org/abs/1608.08710

    Example:

    >>> Pruning(0.8).schedule(100)
    MaskSchedule(begin=0, every=1, times=49, initial_sparsity=0.0, structured=False)
    """

    sparsity: float
    initial_sparsity: float = 0.0
    begin: float = 0.0
    end: float = 0.5
    times: int = 50
    targets: str | None = None
    structured: bool = False

    def __post_init__(self) -> None:
        expected = {
            "sparsity": ("above 0 and below 1", _is_between(self.sparsity, 0, 1)),
            "initial_sparsity": (
                "from 0 to `sparsity`",
                _is_number(self.initial_sparsity)
                and _is_number(self.sparsity)
                and 0 <= self.initial_sparsity <= self.sparsity,
            ),
            "begin": ("of at least 0 and below 1", _is_between(self.begin, -1e-12, 1)),
            "end": (
                "above `begin`, at most 1",
                _is_number(self.begin) and _is_number(self.end) and self.begin < self.end <= 1,
            ),
            "times": (
                "that is a whole number of at least 1",
                isinstance(self.times, Integral) and _is_number(self.times) and self.times >= 1,
            ),
            "targets": (
                "that is a pattern, or None",
                self.targets is None or (isinstance(self.targets, str) and self.targets != ""),
            ),
            "structured": ("that is true or false", isinstance(self.structured, bool)),
        }
        broken = [name for name, (_, holds) in expected.items() if not holds]
        if broken:
            wanted = ", ".join(f"`{name}` {expected[name][0]}" for name in broken)
            received = ", ".join(f"{name}={getattr(self, name)!r}" for name in broken)
            raise InputError(f"Expected {wanted} in pruning. Received: {received}")
        for name in ("sparsity", "initial_sparsity", "begin", "end"):
            object.__setattr__(self, name, float(getattr(self, name)))
        object.__setattr__(self, "times", int(self.times))
        if self.targets is not None:
            object.__setattr__(self, "targets", str(self.targets))

    @property
    def pattern(self) -> str:
        """str, the pattern of what is pruned."""
        return self.targets or ("kernels & ~head" if self.structured else "kernels")

    @property
    def label(self) -> str:
        """str, what tables call it."""
        return f"{self.sparsity:.3g} of {'outputs' if self.structured else 'weights'} pruned"

    def schedule(self, steps: int) -> "MaskSchedule":
        """Returns when it prunes in a stage of some length.

        Args:
            steps: int, the training steps of the stage.
        """
        from kerastune.backends.optimizers import MaskSchedule

        first = min(round(self.begin * steps), steps - 1)
        room = max(round(self.end * steps) - 1 - first, 0)
        every = max(1, room // self.times)
        times = min(self.times, room // every)
        return MaskSchedule(first, every, times, self.initial_sparsity, self.structured)

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings that differ from the defaults, for YAML and JSON."""
        return {
            one.name: getattr(self, one.name)
            for one in fields(self)
            if getattr(self, one.name) != one.default
        }

    @classmethod
    def from_dict(cls, values: Any) -> "Pruning":
        """Returns the pruning that `to_dict` described.

        Args:
            values: dictionary from setting to value; or a `Pruning`; or a number, the sparsity.

        Raises:
            InputError: if a setting is missing, unknown, or out of its range.
        """
        if isinstance(values, cls):
            return values
        if _is_number(values):
            values = {"sparsity": values}
        known = [one.name for one in fields(cls)]
        if not isinstance(values, dict) or "sparsity" not in values:
            raise InputError(
                f"Expected pruning as a number or as a dictionary with `sparsity`. Received: "
                f"{values!r}"
            )
        for name in values:
            if name not in known:
                raise InputError(
                    f"Expected settings of pruning out of {', '.join(known)}. Received: {name!r}."
                    + closest(str(name), known)
                )
        return cls(**values)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def _is_between(value: Any, lowest: float, highest: float) -> bool:
    return _is_number(value) and lowest < value < highest
