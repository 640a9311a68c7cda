"""Baselines: simple models fitted to the same splits.

A baseline is a function from `Splits` to a dictionary from its name to the `Evaluation` that it
reaches on the test samples.
"""

from kerastune.evaluation.baselines import (
    constant,
    least_squares,
    majority_class,
    mean,
    pixels,
    tf_idf,
)
from kerastune.evaluation.embedding_baseline import bag_of_embeddings
from kerastune.evaluation.masked_baselines import hidden_tokens
from kerastune.evaluation.ngram_baseline import n_gram
from kerastune.evaluation.retrieval_baselines import ridge_captions
from kerastune.evaluation.table_baselines import boosted_trees, linear_model
from kerastune.evaluation.text_baselines import label_shares, tf_idf_labels, tf_idf_ridge
from kerastune.evaluation.token_baselines import most_frequent_tag, token_features
from kerastune.evaluation.translation_baselines import nearest_source

__all__ = [
    "bag_of_embeddings",
    "boosted_trees",
    "constant",
    "hidden_tokens",
    "label_shares",
    "least_squares",
    "linear_model",
    "majority_class",
    "mean",
    "most_frequent_tag",
    "n_gram",
    "nearest_source",
    "pixels",
    "ridge_captions",
    "tf_idf",
    "tf_idf_labels",
    "tf_idf_ridge",
    "token_features",
]
