"""Several devices and processes train as one does with the same batches."""

import pytest

pytestmark = pytest.mark.any_backend

# Gradients of these are zero but for rounding, and Adam divides by their size.
ZERO = ("key/bias",)
LAYOUTS = {"torch": [(4, 1)], "jax": [(1, 4), (4, 1), (2, 2)]}
