"""Running a plan with `model.fit`."""

from kerastune import backends

backends.select()

from kerastune.training.cached_features import FeatureCache
from kerastune.training.diverging import DivergedError
from kerastune.training.fine_tuning import fine_tune
from kerastune.training.guard import TrainabilityGuard
from kerastune.training.history import History, Recorder
from kerastune.training.interrupting import TrainingInterrupted
from kerastune.training.run_plan import run_plan
from kerastune.training.samples import predict

__all__ = [
    "DivergedError",
    "FeatureCache",
    "History",
    "Recorder",
    "TrainabilityGuard",
    "TrainingInterrupted",
    "fine_tune",
    "predict",
    "run_plan",
]
