"""What is known to be wrong in Keras is not used here, or does no harm."""

import ast
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.metrics import r2_score

import kerastune
from kerastune.comparison.known_causes import causes_of, known_causes
from kerastune.comparison.work.uses import uses_of
from kerastune.heads import (
    Classification,
    Gaussian,
    Multilabel,
    Ordinal,
    Quantile,
    Regression,
    TokenClassification,
    attach,
)
from tests.heads.fitting import body, features

ROOT = Path(__file__).parents[2]
X = features(24)
CLASSES = np.arange(24) % 3
ANGLES = X[:, :2] * [5.0, 0.3] + [100.0, 0.0] + np.random.default_rng(1).normal(size=(24, 2))
TAGS = (X[:, :3] > 0.3).astype(int)
THREE = ("a", "b", "c")
HEADS = {
    "classification": (Classification(THREE, label_smoothing=0.3), CLASSES),
    "two classes": (Classification(("a", "b"), label_smoothing=0.3), CLASSES % 2),
    "multilabel": (Multilabel(THREE, label_smoothing=0.3), TAGS),
    "regression": (Regression(mean=(100.0, 0.0), standard_deviation=(5.0, 0.3)), ANGLES),
    "gaussian": (Gaussian(mean=(100.0, 0.0), standard_deviation=(5.0, 0.3)), ANGLES),
    "quantile": (Quantile(mean=(100.0, 0.0), standard_deviation=(5.0, 0.3)), ANGLES),
    "ordinal": (Ordinal(("poor", "fair", "good")), CLASSES),
}


@pytest.fixture(scope="module", params=HEADS)
def evaluated(request):
    """A head, what it encodes, the outputs of a model with it, and the model, compiled."""
    head, targets = HEADS[request.param]
    keras.utils.set_random_seed(0)
    model = attach(body(), head)
    model.compile("sgd", head.loss(), metrics=head.metrics())
    y = head.encode(targets)
    model.evaluate(X, y, batch_size=24, verbose=0)
    return head, y, model


def test_nothing_that_is_known_concerns_a_head(evaluated):
    _, _, model = evaluated
    assert not causes_of(uses_of(model), kerastune.backends.BACKENDS, keras.__version__)


def test_losses_and_metrics_come_back_from_their_configurations(evaluated):
    head, y, model = evaluated
    outputs = keras.ops.convert_to_numpy(model(X))
    pairs = [(head.loss(), keras.losses), *((one, keras.metrics) for one in head.metrics())]
    for found, module in pairs:
        again = module.deserialize(module.serialize(found))
        expected = float(found(y, outputs))
        assert float(again(y, outputs)) == expected
        assert np.isfinite(expected)


def test_labels_that_are_encoded_fit_in_thirty_two_bits(evaluated):
    """JAX cuts 64 bits to 32."""
    _, y, _ = evaluated
    for array in keras.tree.flatten(y):
        cut = keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(np.asarray(array)))
        np.testing.assert_allclose(cut, array, rtol=1e-6)


def test_labels_are_smoothed_along_the_classes():
    """On outputs by token too, by the formula."""
    outputs = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    labels = np.eye(3, dtype="float32")[[[0, 1, 2, 1], [2, 2, 0, 1]]]
    expected = -np.mean(
        np.sum(
            (labels * 0.7 + 0.1) * np.log(np.exp(outputs) / np.exp(outputs).sum(-1)[..., None]), -1
        )
    )
    loss = TokenClassification(THREE, label_smoothing=0.3).loss()
    assert float(loss(labels, outputs)) == pytest.approx(expected, rel=1e-5)


def test_r2_of_several_outputs():
    head, targets = HEADS["regression"]
    (metric,) = head.metrics()
    y = head.encode(targets)
    outputs = (y + np.random.default_rng(0).normal(size=y.shape) / 4).astype("float32")
    metric.update_state(y[:10], outputs[:10])
    metric.update_state(y[10:], outputs[10:])
    assert float(metric.result()) == pytest.approx(r2_score(y, outputs), abs=1e-5)


NOT_USED = {
    "cosine_similarity_loss_axis_not_saved": ["CosineSimilarity"],
    "cosine_similarity_metric_axis_not_saved": ["CosineSimilarity"],
    "huber_delta_not_saved": ["Huber"],
    "sparse_crossentropy_axis_not_saved": ["SparseCategoricalCrossentropy"],
    "tversky_coefficients_swapped": ["Tversky"],
    "f_beta_weights": ["FBetaScore", "F1Score"],
    "ctc_ignores_lengths": ["CTC"],
    "lora_alpha_not_used": ["lora_alpha"],
    "stale_predictions_after_lora": ["enable_lora"],
    "symmetric_padding": ["pad"],
    "dot_of_three_dimensions": ["dot"],
}
RIGHT_THERE = {
    # They read what a user's loss is, and do not train with it.
    "label_rules.py",
    "linear_problems.py",
    # Heads that write texts take the last axis, which is what comes back.
    "losses.py",
    # They pad with zeros.
    "convolution.py",
    "log_mel.py",
    "rand_augment.py",
}
SHOWN_BY = {
    "label_smoothing_along_last_axis": (
        "comparison/test_our_own_code.py", "test_labels_are_smoothed_along_the_classes"
    ),
    "adjusted_r2_of_several_outputs": (
        "comparison/test_our_own_code.py", "test_r2_of_several_outputs"
    ),
    "random_flip_both_or_none": (
        "models/test_augmentation.py", "test_flips_mirror_some_images"
    ),
    "lora_merged_by_saving": (
        "training/test_traps.py", "test_lora_is_not_saved_to_be_resumed"
    ),
    "seed_state_not_saved": ("models/test_augmentation.py", "test_it_survives_saving"),
    "excluded_from_decay_not_saved": (
        "backends/test_optimizers.py", "test_exclusions_made_the_way_of_keras_survive_saving"
    ),
    "zero_gradients": ("comparison/test_judging.py", "test_a_gradient_of_zero_is_listed"),
    "repeated_tokens_not_summed": (
        "backends/test_dense_gradients.py", "test_the_first_step_of_adam_is_as_long_as_the_rate"
    ),
    "trainable_ignored_after_fit": (
        "training/test_traps.py", "test_freezing_after_a_first_fit"
    ),
    "trainable_refused_after_fit": (
        "training/test_traps.py", "test_unfreezing_after_a_first_fit"
    ),
    "average_of_weights_fitted_twice": (
        "backends/test_optimizers.py", "test_averaged_weights_train_on_after_fit"
    ),
    "all_excluded_from_decay": (
        "training/test_run_plan.py", "test_a_stage_may_train_biases_alone"
    ),
    "same_shuffle_each_epoch": (
        "training/test_run_plan.py",
        "test_every_sample_once_an_epoch_in_an_order_that_goes_on_over_stages",
    ),
    "sixty_four_bits_cut": (
        "comparison/test_our_own_code.py",
        "test_labels_that_are_encoded_fit_in_thirty_two_bits",
    ),
    "compilation_switched_off": (
        "models/test_augmentation.py",
        "test_it_runs_in_the_training_step_and_changes_how_none_is_compiled",
    ),
}  # fmt: skip


@pytest.mark.any_backend
def test_each_known_cause_has_a_test_of_our_own_code():
    assert {*NOT_USED, *SHOWN_BY} == {cause.id for cause in known_causes()}
    for file, name in SHOWN_BY.values():
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        tests = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in tests, (file, name)


def keras_names(tree: ast.Module) -> Iterator[str]:
    """What a file takes from Keras or sets as an argument, by the last part of its name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).split(".")[-1] in (
            "ops", "losses", "metrics", "layers"
        ):  # fmt: skip
            yield node.attr
        elif isinstance(node, ast.Call):
            # Matplotlib has a `pad` too.
            yield from (
                keyword.arg for keyword in node.keywords if keyword.arg not in (None, "pad")
            )
            if isinstance(node.func, ast.Attribute):
                yield from {"enable_lora"} & {node.func.attr}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("keras"):
            yield from (alias.name for alias in node.names)


@pytest.mark.any_backend
def test_what_is_wrong_is_not_used():
    files = [*(ROOT / "kerastune").rglob("*.py"), *(ROOT / "recipes").glob("*.py")]
    assert len(files) > 100
    wrong = {name for names in NOT_USED.values() for name in names}
    for file in files:
        found = set(keras_names(ast.parse(file.read_text(encoding="utf-8")))) & wrong
        assert not found or file.name in RIGHT_THERE, (file, found)
