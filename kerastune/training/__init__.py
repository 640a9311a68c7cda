"""Running a plan with `model.fit`."""

from kerastune import backends

backends.select()

from kerastune.training.fine_tuning import fine_tune
from kerastune.training.guard import TrainabilityGuard
from kerastune.training.history import History, Recorder
from kerastune.training.run_plan import predict, run_plan

__all__ = ["History", "Recorder", "TrainabilityGuard", "fine_tune", "predict", "run_plan"]
