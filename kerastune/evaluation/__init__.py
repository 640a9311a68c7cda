"""From predictions to numbers, pictures and a report; it knows no model and no training.

It loads no framework; what reads samples, baselines and spans, is in modules of its own.
"""

from kerastune.display.pictures import save_picture
from kerastune.evaluation.average_precision import evaluate_boxes
from kerastune.evaluation.baselines import evaluate_classifier
from kerastune.evaluation.calibration import (
    calibration_picture,
    expected_calibration_error,
    probability_calibration_error,
    reliability_picture,
)
from kerastune.evaluation.curves import learning_curves
from kerastune.evaluation.detection_pictures import detections_picture
from kerastune.evaluation.evaluation import Evaluation, Metric
from kerastune.evaluation.gaussian import (
    evaluate_gaussian,
    gaussian_coverage_picture,
    gaussian_crps,
    gaussian_intervals,
)
from kerastune.evaluation.generated_images import (
    evaluate_generated,
    frechet_distance,
    sample_sheet,
)
from kerastune.evaluation.intervals import coverage_picture, interval_metrics
from kerastune.evaluation.language import evaluate_language, evaluate_masked_tokens
from kerastune.evaluation.metrics import (
    classification_metrics,
    evaluate_classes,
    evaluate_quantities,
    regression_metrics,
)
from kerastune.evaluation.multilabel import best_thresholds, evaluate_labels
from kerastune.evaluation.ordinal import evaluate_ranks
from kerastune.evaluation.phonemes import edit_distance, evaluate_phonemes
from kerastune.evaluation.pictures import confusion_picture, prediction_scatter
from kerastune.evaluation.posterior_picture import posterior_picture
from kerastune.evaluation.quantiles import central_pairs, evaluate_quantiles, quantile_picture
from kerastune.evaluation.ranking import evaluate_ranking
from kerastune.evaluation.rate_picture import rate_search_picture
from kerastune.evaluation.rates import rates_picture
from kerastune.evaluation.report import html_report
from kerastune.evaluation.retrieval import evaluate_retrieval

__all__ = [
    "Evaluation",
    "Metric",
    "best_thresholds",
    "calibration_picture",
    "central_pairs",
    "classification_metrics",
    "confusion_picture",
    "coverage_picture",
    "detections_picture",
    "edit_distance",
    "evaluate_boxes",
    "evaluate_classes",
    "evaluate_classifier",
    "evaluate_gaussian",
    "evaluate_generated",
    "evaluate_labels",
    "evaluate_language",
    "evaluate_masked_tokens",
    "evaluate_phonemes",
    "evaluate_quantiles",
    "evaluate_quantities",
    "evaluate_ranking",
    "evaluate_ranks",
    "evaluate_retrieval",
    "expected_calibration_error",
    "frechet_distance",
    "gaussian_coverage_picture",
    "gaussian_crps",
    "gaussian_intervals",
    "html_report",
    "interval_metrics",
    "learning_curves",
    "posterior_picture",
    "prediction_scatter",
    "probability_calibration_error",
    "quantile_picture",
    "rate_search_picture",
    "rates_picture",
    "regression_metrics",
    "reliability_picture",
    "sample_sheet",
    "save_picture",
]
