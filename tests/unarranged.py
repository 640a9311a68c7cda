"""What tests of whole runs need besides."""

from collections.abc import Iterator
from unittest import mock

import pytest
from matplotlib.layout_engine import ConstrainedLayoutEngine


@pytest.fixture(autouse=True, scope="module")
def unarranged_pictures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Draw the pictures of runs without arranging their parts, which takes longer than drawing.

    Without the slow tests alone; those of tests/evaluation arrange always.
    """
    if "not slow" not in request.config.option.markexpr:
        yield
        return
    with mock.patch.object(ConstrainedLayoutEngine, "execute", return_value=None):
        yield
