"""The ranking of all items against scikit-learn, and the means of items by hand."""

import numpy as np
import pytest
import sklearn.metrics
from sklearn.linear_model import Ridge

from kerastune.baselines import Catalogue, interaction_means, linear_fields, popularity
from kerastune.data import open_interaction_splits
from kerastune.errors import InputError
from kerastune.evaluation import evaluate_ranking
from kerastune.preprocessing import FieldPreprocessor

pytestmark = pytest.mark.any_backend


def test_ndcg_is_that_of_scikit_learn_over_the_candidates_alone():
    generator = np.random.default_rng(0)
    relevant = generator.random((12, 40)) < 0.1
    candidates = generator.random((12, 40)) < 0.8
    scores = np.round(generator.normal(size=(12, 40)), 1)  # With ties.
    relevant[0] = False
    gains, recalls = [], []
    for wanted, known, given in zip(relevant, candidates, scores, strict=True):
        if (wanted & known).any():
            gain = sklearn.metrics.ndcg_score([wanted[known]], [given[known]], k=10)
            best = np.argsort(-given[known], kind="stable")[:10]
            gains.append(gain)
            recalls.append(wanted[known][best].sum() / (wanted & known).sum())
    found = evaluate_ranking(relevant, scores, candidates)
    assert found["ranked_users"] == len(gains) < 12
    assert found["ndcg_at_10"] == pytest.approx(np.mean(gains), abs=1e-12)
    assert found["recall_at_10"] == pytest.approx(np.mean(recalls), abs=1e-12)


@pytest.mark.parametrize(
    ("relevant", "scores", "message"),
    [
        ([[1, 0]], [[1.0]], "one shape"),
        ([[1, 0]], [[1.0, np.nan]], "not finite"),
        ([[0, 0]], [[1.0, 2.0]], "a relevant item"),
    ],
)
def test_what_cannot_be_ranked_is_told_in_one_line(relevant, scores, message):
    with pytest.raises(InputError, match=message) as caught:
        evaluate_ranking(relevant, scores, np.ones((1, 2)))
    assert "\n" not in str(caught.value)


TABLE = {
    "user_id": ["a", "a", "b", "b", "c", "a", "b", "d"],
    "item_id": ["x", "y", "x", "z", "x", "z", "y", "y"],
    "genres": ["P", "Q", "P", "R", "P", "R", "Q", "Q"],
    "rating": [5, 3, 4, 2, 1, 4, 5, 4],
}


def splits(**settings):
    return open_interaction_splits(
        {**TABLE, **settings}, {"test_fraction": 3 / 8}, target="rating", split_in="order"
    )


def catalogue_of(found, columns=("user_id", "item_id", "genres"), **settings):
    return Catalogue.of_splits(found, "user_id", "item_id", columns, **settings)


def test_a_catalogue_has_all_items_and_the_users_of_the_test():
    found = catalogue_of(splits())
    assert list(found.items.values["item_id"]) == ["x", "y", "z"]
    assert list(found.users.values["user_id"]) == ["a", "b", "d"]
    assert (found.user_columns, found.item_columns) == (("user_id",), ("item_id", "genres"))
    assert found.relevant.astype(int).tolist() == [[0, 0, 1], [0, 1, 0], [0, 1, 0]]
    assert found.candidates.astype(int).tolist() == [[0, 0, 1], [0, 1, 0], [1, 1, 1]]
    assert list(catalogue_of(splits(), most_users=2).users.values["user_id"]) == ["a", "d"]


def test_nothing_is_ranked_where_it_cannot_be():
    assert catalogue_of(splits(), most_users=0) is None
    assert catalogue_of(splits(), ("item_id", "genres")) is None
    assert catalogue_of(splits(), liked_from=6.0) is None
    # The hour tells something of neither the user nor the item.
    hours = splits(hour=[1, 2, 3, 4, 5, 6, 7, 8])
    assert catalogue_of(hours, ("user_id", "item_id", "hour")) is None


def test_means_are_shrunk_by_five_samples():
    found = interaction_means("item_id", "user_id", catalogue_of(splits()))(splits())
    z, y = 3 + (2 - 3) / 6, 3 + (3 - 3) / 6
    by_item = np.abs(np.array([4 - z, 5 - y, 4 - y])).mean()
    assert found["item means"]["mean_absolute_error"] == pytest.approx(by_item)
    x = 3 + (5 + 4 + 1 - 9) / 8
    a, b = (5 - x + 3 - y) / 7, (4 - x + 2 - z) / 7
    by_both = np.abs(np.array([4 - z - a, 5 - y - b, 4 - y])).mean()
    assert found["item and user means"]["mean_absolute_error"] == pytest.approx(by_both)
    assert found["item means"]["ranked_users"] == 3
    assert popularity(catalogue_of(splits()))(splits())["popularity"]["ndcg_at_10"] < 1


def test_linear_models_have_a_weight_for_each_code():
    parts = splits()
    fields = FieldPreprocessor().fit(parts.training)
    found = linear_fields(fields.one_hot)(parts)["ridge regression"]
    model = Ridge(alpha=10.0).fit(fields.one_hot(parts.training).toarray(), TABLE["rating"][:5])
    errors = model.predict(fields.one_hot(parts.test).toarray()) - TABLE["rating"][5:]
    assert found["mean_absolute_error"] == pytest.approx(np.abs(errors).mean(), abs=1e-3)
