"""Following runs from outside: TensorBoard, MLflow, Weights & Biases."""

from kerastune import backends

backends.select()

from kerastune.tracking.epochs import TrackedEpochs
from kerastune.tracking.tracked_run import TRACKERS, Tracking, tracked, tracker_names
from kerastune.tracking.tracker import Tracker

__all__ = ["TRACKERS", "TrackedEpochs", "Tracker", "Tracking", "tracked", "tracker_names"]
