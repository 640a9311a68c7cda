"""Running a plan with `model.fit`."""

from kerastune import backends

backends.select()

from kerastune.training.history import History, Recorder  # noqa: E402
from kerastune.training.run_plan import predict, run_plan  # noqa: E402

__all__ = ["History", "Recorder", "predict", "run_plan"]
