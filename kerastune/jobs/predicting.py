"""Answers for inputs in any form, some rows at a time, so that any number fits in memory."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kerastune.data import Column
from kerastune.data.given_inputs import GivenInputs, given_inputs
from kerastune.data.input_pieces import InputPiece
from kerastune.data.single_inputs import described_inputs
from kerastune.errors import InputError
from kerastune.preprocessing import Preprocessor
from kerastune.training import answer as answer_of
from kerastune.training import predict

if TYPE_CHECKING:
    from kerastune.jobs.result import Result


@dataclass(frozen=True)
class Predicted:
    """What a model computes for some rows, those that cannot be predicted left out.

    Args:
        piece: the `InputPiece`.
        positions: list of int, the rows of the piece that have outputs.
        outputs: outputs for these, as the head takes them; None if there are none.
        faults: dictionary from the position of each other row to what is wrong with it.

    Example:

    >>> Predicted(None, [0], [[0.5]], {1: "no text in 'text'"}).positions
    [0]
    """

    piece: InputPiece
    positions: list[int]
    outputs: Any
    faults: Mapping[int, str]


def answers(
    result: "Result", inputs: Any, answer: Callable[[Any], Any], batch_size: int = 64
) -> Any:
    """Answers for inputs in any form: one for an input by itself, else one for each.

    Args:
        result: the `Result`.
        inputs: see `Result.predict`.
        answer: function from outputs to answers, such as `Head.decode`.
        batch_size: int, inputs that are computed at a time. Defaults to 64.

    Returns:
        What the function gives: a list or an array with an item for each input, or a
        dictionary of such.

    Raises:
        InputError: if inputs are not what the model reads.

    Example:

    >>> import contextlib, io, tempfile
    >>> from kerastune import recipes
    >>> with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()):
    ...     result = recipes.linear_regression(epochs=1, run_dir=directory)
    >>> answers(result, np.zeros(10), result.head.decode).shape
    (1,)
    """
    given = inputs_of(result, inputs, batch_size)
    found = [answer(outputs_of(result, piece, batch_size)) for piece in given.pieces]
    for note in given.notes:
        warnings.warn(note, stacklevel=3)
    return _first(found[0]) if given.is_single else _joined(found)


def all_outputs(result: "Result", inputs: Any, batch_size: int = 64) -> Any:
    """What the model computes for inputs in any form, before decoding.

    Args:
        result: the `Result`.
        inputs: see `Result.predict`.
        batch_size: int, inputs that are computed at a time. Defaults to 64.

    Returns:
        Outputs as the head takes them, with a first axis also for an input by itself.

    Raises:
        InputError: as for `answers`.
    """
    given = inputs_of(result, inputs, batch_size)
    found = [outputs_of(result, piece, batch_size, predict) for piece in given.pieces]
    is_by_output = type(result.preprocessor).align is Preprocessor.align
    if isinstance(found[0], list) and is_by_output:  # One array for each output of the model.
        return [_joined(parts) for parts in zip(*found, strict=True)]
    return _joined(found)


def predictions(result: "Result", given: GivenInputs, batch_size: int = 64) -> Iterator[Predicted]:
    """What a model computes for each piece of inputs, with rows that cannot be predicted set aside.

    Args:
        result: the `Result`.
        given: `GivenInputs` with the columns of the result.
        batch_size: int, inputs that are computed at a time. Defaults to 64.

    Returns:
        Iterator of `Predicted`, which reads a piece when it is asked for the next.

    Raises:
        InputError: if none of the rows of the first piece can be predicted.
    """
    is_first = True
    for piece in given.pieces:
        found = _predicted(result, piece, batch_size)
        if is_first and not found.positions:
            raise InputError(
                f"Expected inputs that can be predicted. Received: {len(piece)} rows, none of "
                f"which can be; the first: {found.faults[0]}. {described_inputs(piece.columns)}"
            )
        is_first = False
        yield found


def inputs_of(
    result: "Result",
    inputs: Any,
    batch_size: int = 64,
    names: Mapping[str, str] | None = None,
) -> GivenInputs:
    """Inputs in any form, as pieces with the columns that a model reads.

    Args:
        result: the `Result`.
        inputs: see `Result.predict`.
        batch_size: int, inputs that are computed at a time. Defaults to 64.
        names: dictionary from a column that the model reads to its name in the inputs, where
            it is another. Defaults to none.

    Returns:
        A `GivenInputs`.

    Raises:
        InputError: if they are not what the model reads.
    """
    if batch_size < 1:
        raise InputError(f"Expected a batch_size of at least 1. Received: {batch_size}")
    unknown = Column("array")
    columns = {name: result.columns.get(name, unknown) for name in result.preprocessor.columns}
    if not names:
        return given_inputs(inputs, columns, targets=result.targets, batch_size=batch_size)
    other = {names.get(name, name): column for name, column in columns.items()}
    given = given_inputs(inputs, other, targets=result.targets, batch_size=batch_size)
    return replace(given, pieces=(_renamed(piece, columns) for piece in given.pieces))


def outputs_of(
    result: "Result",
    piece: InputPiece,
    batch_size: int = 64,
    compute: Callable[..., Any] = answer_of,
) -> Any:
    """What a model computes for some rows, which are checked as those of the training are.

    Args:
        result: the `Result`.
        piece: `InputPiece`.
        batch_size: int, inputs that are computed at a time. Defaults to 64.
        compute: function, `kerastune.training.answer` for outputs to decode, or `predict` for
            those that are measured. Defaults to the first.

    Returns:
        Outputs as the head takes them.

    Raises:
        InputError: if a row cannot be predicted.
    """
    piece.require_usable()
    by_column = _checked(result, piece)
    return compute(result.model, by_column, result.preprocessor, result.head, batch_size=batch_size)


def _renamed(piece: InputPiece, columns: Mapping[str, Column]) -> InputPiece:
    """A piece whose columns have other names, in the same order."""
    cells = dict(zip(columns, (piece.cells[name] for name in piece.columns), strict=True))
    return replace(piece, cells=cells, columns=columns)


def _predicted(result: "Result", piece: InputPiece, batch_size: int) -> Predicted:
    """What a model computes for the rows that can be predicted."""
    faults = piece.unusable()
    positions = [at for at in range(len(piece)) if at not in faults]
    if not positions:
        return Predicted(piece, [], None, faults)
    try:
        outputs = outputs_of(result, piece.select(positions), batch_size)
    except InputError:
        # Rare enough to prepare the rows once more.
        faults |= _faults(result, piece, positions)
        positions = [at for at in positions if at not in faults]
        chosen = piece.select(positions)
        outputs = outputs_of(result, chosen, batch_size) if positions else None
    return Predicted(piece, positions, outputs, faults)


def _checked(result: "Result", piece: InputPiece) -> dict[str, Any]:
    """The values of each column, checked as those of the training are."""
    samples = piece.read()
    result.preprocessor.check(samples)
    return result.preprocessor.by_column(samples)


def _faults(result: "Result", piece: InputPiece, positions: Sequence[int]) -> dict[int, str]:
    """The rows that cannot be prepared, found by halving, with what is wrong with each."""
    chosen = piece.select(positions)
    try:
        result.preprocessor.prepare(_checked(result, chosen))
    except InputError as error:
        if len(positions) == 1:
            return {positions[0]: str(error)}
        middle = len(positions) // 2
        halves = (positions[:middle], positions[middle:])
        return _faults(result, piece, halves[0]) | _faults(result, piece, halves[1])
    return {}


def _joined(parts: Sequence[Any]) -> Any:
    """The answers of all pieces as those of one."""
    if isinstance(parts[0], Mapping):
        return {name: _joined([part[name] for part in parts]) for name in parts[0]}
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts) if len(parts) > 1 else parts[0]
    return [item for part in parts for item in part] if len(parts) > 1 else parts[0]


def _first(found: Any) -> Any:
    """The answer for the only input."""
    if isinstance(found, Mapping):
        return {name: _first(values) for name, values in found.items()}
    return found[0]
