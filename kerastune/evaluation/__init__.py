"""From predictions to numbers, pictures and a report; it knows no model and no training."""

from kerastune.evaluation.baselines import least_squares_baseline, text_baselines
from kerastune.evaluation.curves import learning_curves
from kerastune.evaluation.metrics import classification_metrics, regression_metrics
from kerastune.evaluation.pictures import (
    confusion_picture,
    prediction_scatter,
    save_picture,
)
from kerastune.evaluation.report import html_report

__all__ = [
    "classification_metrics",
    "confusion_picture",
    "html_report",
    "learning_curves",
    "least_squares_baseline",
    "prediction_scatter",
    "regression_metrics",
    "save_picture",
    "text_baselines",
]
