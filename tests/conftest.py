"""What every test needs: one backend a process, and a fixed seed."""

import os
import random
import signal
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import settings

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
FIRST_BACKEND = "torch"  # The one whose functions are not compiled.

# A machine that does other things too is no fault of what is tested.
settings.register_profile("without_deadline", deadline=None)
settings.load_profile("without_deadline")


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

        keras.utils.set_random_seed(0)
    yield
    if "keras" in sys.modules:
        import keras

        keras.config.set_dtype_policy("float32")
