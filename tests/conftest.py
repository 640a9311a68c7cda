"""What every test needs: one backend a process, and a fixed seed."""

import gc
import os
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import settings

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
FIRST_BACKEND = "torch"  # The one whose functions are not compiled.

# A machine that does other things too is no fault of what is tested.
settings.register_profile("without_deadline", deadline=None)
settings.load_profile("without_deadline")


def pytest_sessionstart() -> None:
    """Look for no garbage while everything is imported: it stays to the end."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage from here on, among what the tests make."""
    gc.freeze()
    gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import files of which every test is left out."""
    if not (collection_path.name.startswith("test_") and collection_path.suffix == ".py"):
        return None
    text, asked = collection_path.read_text("utf-8"), config.option.markexpr
    of_any = "\npytestmark = pytest.mark.any_backend\n" in text
    is_other = os.environ["KERAS_BACKEND"] != FIRST_BACKEND
    if of_any and (is_other or asked.startswith("not any_backend")):
        return True
    return True if asked.startswith("any_backend") and "any_backend" not in text else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run what does not depend on the backend with the first backend only.

    Examples are for people, and run once: tests show what they say on each backend. Only those
    of the room for backends run on all.
    """
    for item in items:
        if isinstance(item, pytest.DoctestItem) and "backends" not in item.path.parts:
            item.add_marker("any_backend")
    if os.environ["KERAS_BACKEND"] == FIRST_BACKEND:
        return
    repeated = [item for item in items if item.get_closest_marker("any_backend")]
    config.hook.pytest_deselected(items=repeated)
    items[:] = [item for item in items if item not in repeated]


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """Ctrl-C as in a terminal, also where the tests were started in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    """The same random numbers in every test, whatever ran before it."""
    random.seed(0)
    np.random.seed(0)
    if "keras" in sys.modules:
        import keras

        with _without_stacks():
            keras.utils.set_random_seed(0)
    yield
    if "keras" in sys.modules:
        import keras

        keras.config.set_dtype_policy("float32")


def _without_stacks() -> AbstractContextManager[object]:
    """Without a GPU, PyTorch notes the stack at each seed, for milliseconds: seed the CPU alone."""
    torch = sys.modules.get("torch")
    if torch is None or torch.cuda.is_available():
        return nullcontext()
    return mock.patch.object(torch, "manual_seed", torch.default_generator.manual_seed)
