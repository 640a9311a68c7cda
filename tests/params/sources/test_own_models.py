from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.backends import is_abstract
from kerastune.heads import Classification, Regression, attach
from kerastune.models import efficientnet_lite0, lenet, small_resnet, standardised_columns
from kerastune.params.sources.networks import count_dense_chain
from kerastune.params.sources.open import open_model
from kerastune.params.sources.texts import OWN_MODELS

pytestmark = pytest.mark.first_backend

TEN = tuple("0123456789")

# Built as the recipes do, with memory.
REAL = {
    "efficientnet_lite0": lambda: attach(
        efficientnet_lite0(weights=None), Classification(TEN), pooling="auto"
    ),
    "lenet": lambda: attach(lenet(), Classification(TEN, dropout=0.5)),
    "linear_regression": lambda: attach(
        standardised_columns(np.eye(11, 10)), Regression.fitted_to(np.array([[1.0], [2.0]]))
    ),
    "small_resnet": lambda: attach(small_resnet(), Classification(TEN), pooling="auto"),
}


@pytest.mark.parametrize("name", OWN_MODELS)
def test_the_count_is_that_of_the_model_that_the_recipe_builds(name):
    count = open_model(name)
    real = REAL[name]()
    assert count.parameters == real.count_params()
    assert count.trainable == sum(weight.numpy().size for weight in real.trainable_weights)
    assert is_abstract(count.model)
    assert count.notes


def test_the_lenet_of_the_recipe_has_the_parameters_that_its_docstring_says():
    assert open_model("lenet").parameters == 225_034


@settings(max_examples=10)
@given(st.lists(st.integers(1, 300), min_size=2, max_size=5))
def test_a_dense_chain_has_a_matrix_and_biases_for_each_pair_of_widths(widths):
    count = count_dense_chain("mlp_" + "_".join(map(str, widths)))
    expected = sum(before * after + after for before, after in pairwise(widths))
    assert count.parameters == expected


@pytest.mark.parametrize(
    "name", ["mlp", "mlp_4", "mlp_4_", "mlp_4_0", "mlp_04_2", "mlp_4_-2", "mlp_a_b", "lenet5", ""]
)
def test_other_names_are_none_of_ours(name):
    assert count_dense_chain(name) is None
