"""The weights of a checkpoint, for a model that does not go on with its training."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kerastune.checkpoints.folder import OF_RUN, CheckpointFolder, name_of, read_checkpoint
from kerastune.checkpoints.state import State
from kerastune.checkpoints.variables import set_variables
from kerastune.errors import InputError, reason

if TYPE_CHECKING:
    import keras


def restore_checkpoint(
    model: "keras.Model", directory: str | Path, step: "int | Literal['best'] | None" = None
) -> int:
    """Sets the weights of a model to those of a checkpoint, and returns the step of it.

    Args:
        model: a built Keras model, like that which was trained.
        directory: str or Path, what was given as `checkpoint_directory`, or the directory of a run
            of a recipe.
        step: int, the checkpoint of that step; `"best"` for that of the best epoch, see the
            `keep_best` of `kerastune.Checkpoints`; or None for the newest that is whole.
            Defaults to None.

    Returns:
        int, the steps that had been trained.

    Raises:
        InputError: if there is no such checkpoint, it is damaged, or the model has other
            variables. Then the model is as before.

    Example:

    >>> import keras, numpy as np, tempfile
    >>> import kerastune
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="logits")])
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     data, kept = (np.ones((8, 2)), np.ones(8)), {"keep_best": "loss"}
    ...     history = kerastune.fine_tune(
    ...         model, data, loss="mse", checkpoint_directory=directory, checkpoints=kept, verbose=0
    ...     )
    ...     restore_checkpoint(model, directory, "best")
    5
    """
    given = Path(directory)
    path = given / OF_RUN if (given / OF_RUN).is_dir() else given
    folder = CheckpointFolder(path, keep_last=1)
    state = _newest(folder) if step in (None, "best") else _of_step(folder, step)
    if step == "best":
        best = state.values.get("best_step")
        if best is None:
            raise InputError(
                f"Expected checkpoints that were written with `keep_best`. Received: '{path}'. "
                "Leave `step` out, for the newest"
            )
        state = _of_step(folder, best)
    try:
        told = state.values["variables"]["model"]
        trained = len(state.values["history"]["step_loss"])
    except (KeyError, TypeError) as error:
        raise InputError(
            f"Expected checkpoints of kerastune. Received: '{path}' without {reason(error)}"
        ) from error
    set_variables("model", model.variables, state.arrays, told)
    return trained


def _newest(folder: CheckpointFolder) -> State:
    state, _ = folder.newest()
    if state is None:
        raise InputError(
            f"Expected a folder with checkpoints, named step-00000120 and the like. Received: "
            f"'{folder.path}'"
        )
    return state


def _of_step(folder: CheckpointFolder, step: Any) -> State:
    found = {path.name: path for path in folder.checkpoints()}
    is_step = isinstance(step, int) and not isinstance(step, bool)
    path = found.get(name_of(step)) if is_step else None
    if path is None:
        steps = [str(int(name.split("-")[1])) for name in found]
        raise InputError(
            f"Expected a step out of {', '.join(steps) or 'none'}, which have checkpoints in "
            f"'{folder.path}'. Received: {step!r}"
        )
    try:
        return read_checkpoint(path)
    except (OSError, ValueError) as error:
        raise InputError(
            f"Expected a checkpoint that is whole. Received: '{path}': {reason(error)}"
        ) from error
