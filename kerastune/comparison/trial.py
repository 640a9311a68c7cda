"""What came of comparing backends in one precision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kerastune.comparison.judging import blame, known, start
from kerastune.comparison.judging.differences import Difference
from kerastune.comparison.judging.judged import first_difference, judged, suspects
from kerastune.comparison.judging.tolerances import Tolerances
from kerastune.comparison.records import Record
from kerastune.comparison.showing.reproduction import Reproduction, reproduction_of
from kerastune.comparison.specification import AS_IT_IS

_RANDOM = "switched off while comparing"


@dataclass(frozen=True)
class Trial:
    """What came of comparing backends in one precision.

    Args:
        precision: str, the Keras dtype policy, or `"as it is"`.
        backends: tuple of str, the reference first.
        differences: tuple of `Difference`, of all backends but the reference.
        losses: dictionary from each backend to the loss of each step.
        metrics: dictionary from each backend to what was measured at the end, by name.
        seconds: dictionary from each backend to the seconds its work took, the start left out.
        versions: dictionary from each backend to its version.
        switched_off: tuple of str, the random layers that were switched off.
        notes: tuple of str, what else to know.
        blame: tuple of str, who is off in the first layer that differs, as far as it can be told,
            and known causes of the difference.
        reproduction: the `Reproduction` of the first layer that differs, or None.

    Example:

    >>> Trial("float32", ("jax", "torch"), ()).is_same
    True
    """

    precision: str
    backends: tuple[str, ...]
    differences: tuple[Difference, ...]
    losses: Mapping[str, Sequence[float]] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    switched_off: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    blame: tuple[str, ...] = ()
    reproduction: Reproduction | None = None

    @property
    def is_same(self) -> bool:
        """Whether nothing is beyond its tolerance."""
        return self.first is None

    @property
    def first(self) -> Difference | None:
        """The first difference beyond its tolerance, as the model runs."""
        return first_difference(self.differences)

    @property
    def suspects(self) -> list[Difference]:
        """The layers that differ by more than rounding, though within the tolerance."""
        return suspects(self.differences)

    def of(self, stage: str, backend: str | None = None) -> list[Difference]:
        """The differences of one stage.

        Args:
            stage: str, one of `kerastune.comparison.judging.differences.STAGES`.
            backend: str, of one backend only. Defaults to all.
        """
        return [
            one for one in self.differences if one.stage == stage and backend in (None, one.backend)
        ]

    def sentences(self) -> list[str]:
        """The verdict: whether the backends do the same, and where they first differ."""
        reference = self.backends[0]
        where = "" if self.precision == AS_IT_IS else f" in {self.precision}"
        found = self.first
        if found is None:
            names = f"{', '.join(self.backends[:-1])} and {self.backends[-1]}"
            lines = [f"{names} do the same{where}, within the tolerances."]
        else:
            lines = [f"Not the same{where}: {_sentence(found, reference)}", *self.blame]
            if found.stage == "layer" and self.reproduction is None:
                lines.append(
                    "It cannot be made from a configuration, so no reproduction is written: give "
                    "its class a `get_config`."
                )
        named = dict.fromkeys(one.name for one in self.suspects)
        if named and (found is None or found.stage != "layer"):
            told = ", ".join(list(named)[:3])
            lines.append(
                f"By more than rounding, though within the tolerance, differ: {told}."
                if found is None
                else f"Look first at the layers that differ by more than rounding: {told}."
            )
        return lines


def trial_of(
    precision: str | None,
    records: Sequence[Record],
    judges: Sequence[Record],
    tolerances: Tolerances,
) -> Trial:
    """Judge what the processes of one precision have written.

    Args:
        precision: str or None, what was asked for.
        records: sequence of `Record`, the reference first; at least two.
        judges: sequence of `Record` of the layers in float64; may be empty.
        tolerances: `Tolerances`, for float32.

    Returns:
        A `Trial`, which needs the files of the records no more.
    """
    reference, *others = records
    differences = [one for other in others for one in judged(reference, other, tolerances)]
    found = first_difference(differences)
    told: list[str] = []
    reproduction = None
    if found is not None and found.stage == "layer":
        told = blame.told(found.place, found.form, records, judges) if found.form else []
        reproduction = reproduction_of(found, records)
    if found is not None:
        told += [f"A known cause: {one.sentence}" for one in known.explanations(found, records)]
    return Trial(
        precision or AS_IT_IS,
        tuple(record.backend for record in records),
        tuple(differences),
        {record.backend: record.result["losses"] for record in records},
        {record.backend: record.result["metrics"] for record in records},
        {record.backend: record.result["seconds"]["all"] for record in records},
        {record.backend: _version(record) for record in records},
        tuple(reference.result["switched_off"]),
        tuple(_notes(reference, others)),
        tuple(told),
        reproduction,
    )


def _notes(reference: Record, others: Sequence[Record]) -> list[str]:
    """What a reader has to know of a comparison."""
    notes = list(reference.result["notes"])
    if off := reference.result["switched_off"]:
        shown = ", ".join(off[:4]) + (f" and {len(off) - 4} more" if len(off) > 4 else "")
        notes.append(f"Random layers were {_RANDOM}: {shown}.")
    for name, why in reference.left_out.items():
        notes.append(f"The layer {name} is not compared by itself: {why}.")
    for other in others:
        for place, told in start.configurations(reference, other).items():
            name = reference.result["parts"][place]["name"]
            notes.append(f"The settings of {name} differ: {told}.")
    return [*notes, *known.notes([reference, *others])]


def _version(record: Record) -> str:
    """The version of a record's backend."""
    return record.result["versions"].get(record.backend, "")


def _sentence(found: Difference, reference: str) -> str:
    """A difference in words."""
    size = f"{found.relative:.2g}" if found.relative < float("inf") else ""
    limit = f", where {found.limit:.2g} is allowed"
    between = f"between {reference} and {found.backend}"
    forms = {
        "inference": "its outputs",
        "training": "its outputs in training",
        "inputs": "its gradient with respect to its inputs",
        "variables": "its gradient with respect to its weights",
    }
    if found.note and not size:
        told = f"{found.note}, {between}"
    elif found.stage == "layer":
        told = (
            f"on the same inputs {forms[found.form]} differ {between} by {size} of the largest"
            if found.form in ("inference", "training")
            else f"on the same inputs {forms[found.form]} differs {between} by {size} of its norm"
        ) + limit
    else:
        told = f"it differs {between} by {size}{limit}"
        told += f" ({found.note})" if found.note else ""
    heads = {
        "structure": "the models are not built alike, first at",
        "data": "the data are not the same, first",
        "start": "initial weights are not alike, first",
        "layer": "the first layer that differs is",
        "forward": "the model's",
        "loss": "the",
        "gradient": "the gradients of the first step differ, most that of",
        "optimizer": "one step of the optimizer differs for the same gradients, most for",
        "update": "the first step of training differs, most for",
        "training": "the loss curves part at",
    }
    return f"{heads[found.stage]} {found.name}: {told}."
