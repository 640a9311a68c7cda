"""Baselines: simple models fitted to the same splits.

A baseline is a function from `Splits` to a dictionary from its name to the `Evaluation` that it
reaches on the test samples.
"""

from kerastune.evaluation.audio_baselines import mean_log_mel
from kerastune.evaluation.baselines import (
    constant,
    least_squares,
    majority_class,
    mean,
    pixels,
    tf_idf,
)
from kerastune.evaluation.catalogue import Catalogue
from kerastune.evaluation.detection_baseline import class_templates
from kerastune.evaluation.embedding_baseline import bag_of_embeddings
from kerastune.evaluation.interaction_baselines import (
    interaction_means,
    linear_fields,
    of_interactions,
    popularity,
)
from kerastune.evaluation.masked_baselines import hidden_tokens
from kerastune.evaluation.mixture_baseline import gaussian_mixture
from kerastune.evaluation.ngram_baseline import n_gram
from kerastune.evaluation.phoneme_baselines import constant_phonemes
from kerastune.evaluation.retrieval_baselines import ridge_captions
from kerastune.evaluation.speech_baseline import linear_prediction
from kerastune.evaluation.table_baselines import boosted_trees, linear_model
from kerastune.evaluation.text_baselines import label_shares, tf_idf_labels, tf_idf_ridge
from kerastune.evaluation.token_baselines import most_frequent_tag, token_features
from kerastune.evaluation.translation_baselines import nearest_source

BAGS_OF_WORDS = (bag_of_embeddings, tf_idf)
"""Baselines for classes of texts that do not see the order of words."""

__all__ = [
    "BAGS_OF_WORDS",
    "Catalogue",
    "bag_of_embeddings",
    "boosted_trees",
    "class_templates",
    "constant",
    "constant_phonemes",
    "gaussian_mixture",
    "hidden_tokens",
    "interaction_means",
    "label_shares",
    "least_squares",
    "linear_fields",
    "linear_model",
    "linear_prediction",
    "majority_class",
    "mean",
    "mean_log_mel",
    "most_frequent_tag",
    "n_gram",
    "nearest_source",
    "of_interactions",
    "pixels",
    "popularity",
    "ridge_captions",
    "tf_idf",
    "tf_idf_labels",
    "tf_idf_ridge",
    "token_features",
]
