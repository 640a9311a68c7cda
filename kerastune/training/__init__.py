"""Running a plan with `model.fit`."""

from kerastune import backends

backends.select()

from kerastune.training.history import History, Recorder
from kerastune.training.run_plan import predict, run_plan

__all__ = ["History", "Recorder", "predict", "run_plan"]
