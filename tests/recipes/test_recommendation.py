"""The recipe for recommendation: what it trains, ranks, and takes over from another run."""

import json

import numpy as np
import polars
import pytest

import kerastune
from kerastune import recipes
from kerastune.errors import InputError
from tests.data.test_interactions import of_1m

GENERATOR = np.random.default_rng(0)
USERS, ITEMS = 24, 16
TASTES = GENERATOR.choice([-1.0, 1.0], (USERS, 2))
KINDS = GENERATOR.choice([-1.0, 1.0], (ITEMS, 2))


def table(users=range(USERS), start="u"):
    """Ratings that how a user's taste and the kind of an item go together decide."""
    pairs = [(user, item) for user in users for item in range(ITEMS)]
    order = np.random.default_rng(1).permutation(len(pairs))
    rows = [pairs[at] for at in order]
    return polars.DataFrame(
        {
            "user_id": [f"{start}{user}" for user, _ in rows],
            "item_id": [f"i{item}" for _, item in rows],
            "genres": ["A|B" if KINDS[item, 0] > 0 else "B" for _, item in rows],
            "age": [20.0 + 3 * user for user, _ in rows],
            "timestamp": range(len(rows)),
            "rating": [3.0 + float(TASTES[user] @ KINDS[item]) for user, item in rows],
        }
    )


def settings(run_dir, **more):
    # The batch size divides the training samples, so that every step is compiled once.
    return {
        "target": "rating",
        "test_fraction": 0.25,
        "split": "time",
        "field_dropout": 0.0,
        "l2": 1e-4,
        "units": (16,),
        "embedding_width": 4,
        "batch_size": 32,
        "epochs": 6,
        "learning_rate": 6e-2,
        "run_dir": run_dir,
        **more,
    }


@pytest.mark.quick_on_jax
def test_ratings_are_learned_reported_ranked_and_loaded(tmp_path):
    path = tmp_path / "ratings.csv"
    table().write_csv(path)
    result = recipes.recommendation(str(path), **settings(tmp_path / "run"))
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert set(written["baselines"]) == {
        "item means",
        "item and user means",
        "popularity",
        "ridge regression",
        "factorization machine",
    }
    best = {name: one.get("root_mean_squared_error") for name, one in written["baselines"].items()}
    assert result.metrics["root_mean_squared_error"] < 0.6 < best["ridge regression"]
    assert result.metrics["ndcg_at_10"] > written["baselines"]["popularity"]["ndcg_at_10"]
    assert 10 < result.metrics["ranked_users"] <= USERS  # Those who like something new.
    assert (tmp_path / "run" / "predictions.png").stat().st_size > 1000

    loaded = kerastune.load(tmp_path / "run")
    rows = [
        {"user_id": "u1", "item_id": "i2", "genres": "A|B", "age": 23},
        {"user_id": "nobody", "item_id": "i2", "genres": None, "age": None},
    ]
    np.testing.assert_allclose(loaded.predict(rows), result.predict(rows), atol=1e-5)
    assert loaded.evaluate(str(path))["root_mean_squared_error"] < 0.6


@pytest.mark.first_backend
def test_embeddings_are_taken_over_by_category(tmp_path):
    options = settings(tmp_path / "first", epochs=1, ranked_users=0)
    first = recipes.recommendation(table(range(12)), **options)
    job = recipes.recommendation.build(
        table(range(6, 18)),
        pretrained=str(tmp_path / "first"),
        **settings(tmp_path / "second", split="random"),
    )
    ours, theirs = job.prepare.fields[0], first.preprocessor.fields[0]
    new, old = (
        model.get_layer("deep_fm").get_layer("user_id_embedding").get_weights()[0]
        for model in (job.model, first.model)
    )
    shared = set(ours.categories) & set(theirs.categories)
    assert len(shared) == 6 < len(ours.categories)
    for user in shared:
        np.testing.assert_array_equal(new[ours.codes[user]], old[theirs.codes[user]])
    kernels = [
        model.get_layer("deep_fm").get_layer("block_1_dense").get_weights()[0]
        for model in (job.model, first.model)
    ]
    np.testing.assert_array_equal(*kernels)
    assert f"6 of 12 categories of user_id are known from {tmp_path / 'first'}" in (
        job.splits.training.notes
    )
    for changed, message in (
        ({"embedding_width": 8}, "the sizes of the network"),
        ({"units": (16, 8)}, "the same fields and layers"),
        ({"drop": ["age"]}, "the same fields and layers"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            recipes.recommendation.build(
                table(), pretrained=str(tmp_path / "first"), **{**options, **changed}
            )
        assert "\n" not in str(caught.value)


@pytest.mark.first_backend
def test_clicks_of_criteo_are_learned(tmp_path):
    generator = np.random.default_rng(2)
    lines = []
    for _ in range(160):
        numbers, categories = generator.integers(0, 9, 13), generator.integers(0, 3, 26)
        click = int((numbers[0] > 4) == (categories[0] > 0))
        lines.append("\t".join(map(str, [click, *numbers, *(f"{c:08x}" for c in categories)])))
    (tmp_path / "train.txt").write_text("\n".join(lines))
    result = recipes.recommendation(
        f"criteo:{tmp_path / 'train.txt'}",
        task="click",
        hash_buckets=2,
        **settings(tmp_path / "run", split="order", epochs=1, target=None, plan="head_only"),
    )
    assert {"log_loss", "roc_auc"} <= set(result.metrics)
    assert "ndcg_at_10" not in result.metrics
    assert result.preprocessor.sizes["C1"] == 2 + 3
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert set(written["baselines"]) == {"logistic regression", "factorization machine"}
    assert (tmp_path / "run" / "calibration.png").exists()


@pytest.mark.any_backend
def test_a_folder_of_movielens_is_opened(tmp_path):
    of_1m(tmp_path)
    job = recipes.recommendation.build(str(tmp_path), split="order", test_fraction=0.3)
    assert {"user_id", "item_id"} <= set(job.prepare.columns)
    assert "timestamp" not in job.prepare.columns


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scale": (1.0, 4.0)}, "Expected ratings from 1 to 4"),
        ({"time_column": "when"}, "Expected a column 'when'"),
        ({"target": None}, "Expected `target`"),
        ({"task": "stars"}, "Expected `task`"),
        ({"pretrained": "no/such/run"}, "the directory of a finished run"),
        ({"drop": ["ages"]}, "Did you mean 'age'"),
    ],
)
def test_bad_input_is_told_in_one_line(changes, message, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        recipes.recommendation(table(), **{**settings(tmp_path / "run"), **changes})
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()
