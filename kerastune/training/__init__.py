"""Running a plan with `model.fit`."""

from kerastune import backends

backends.select()

from kerastune.renamed import renamed
from kerastune.training.before_training import before_training
from kerastune.training.cached_features import FeatureCache
from kerastune.training.checkpointing import Checkpointing
from kerastune.training.diverging import DivergedError
from kerastune.training.fine_tuning import fine_tune
from kerastune.training.full_ranking import full_ranking
from kerastune.training.guard import TrainabilityGuard
from kerastune.training.history import HistoryRecorder, TrainingHistory
from kerastune.training.image_judge import ImageJudge
from kerastune.training.interrupting import TrainingInterrupted
from kerastune.training.run_plan import run_plan
from kerastune.training.sample_sheet import SampleSheet, generated_images
from kerastune.training.samples import answer, predict
from kerastune.training.speech_judge import SpeechJudge, recognized_speech

__all__ = [
    "Checkpointing",
    "DivergedError",
    "FeatureCache",
    "HistoryRecorder",
    "ImageJudge",
    "SampleSheet",
    "SpeechJudge",
    "TrainabilityGuard",
    "TrainingHistory",
    "TrainingInterrupted",
    "answer",
    "before_training",
    "fine_tune",
    "full_ranking",
    "generated_images",
    "predict",
    "recognized_speech",
    "run_plan",
]

__getattr__ = renamed(__name__, {"History": "TrainingHistory", "Recorder": "HistoryRecorder"})
