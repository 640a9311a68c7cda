"""From predictions to numbers, pictures and a report; it knows no model and no training."""

from kerastune.evaluation.baselines import (
    image_baselines,
    least_squares_baseline,
    mean_baseline,
    text_baselines,
)
from kerastune.evaluation.curves import learning_curves
from kerastune.evaluation.metrics import classification_metrics, regression_metrics
from kerastune.evaluation.pictures import (
    confusion_picture,
    prediction_scatter,
    save_picture,
)
from kerastune.evaluation.rate_picture import rate_search_picture
from kerastune.evaluation.rates import rates_picture
from kerastune.evaluation.report import html_report

__all__ = [
    "classification_metrics",
    "confusion_picture",
    "html_report",
    "image_baselines",
    "learning_curves",
    "least_squares_baseline",
    "mean_baseline",
    "prediction_scatter",
    "rate_search_picture",
    "rates_picture",
    "regression_metrics",
    "save_picture",
    "text_baselines",
]
