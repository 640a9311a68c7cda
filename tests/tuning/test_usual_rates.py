"""Rates by plan and backbone."""

import pytest

from kerastune.counting import open_model
from kerastune.tuning import PLANS
from kerastune.tuning.rates.usual import usual_rate

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    ("model", "plan", "rate"),
    [
        ("bert_base", "full", 3e-5),
        ("bert_base", "linear_probe_then_fine_tune", 5e-5),
        ("bert_base", "layer_decay", 1e-4),
        ("bert_base", "head_only", 1e-2),
        ("bert_base", "biases_only", 1e-3),
        ("bert_large", "full", 1e-5),
        ("bert_large", "linear_probe_then_fine_tune", 2e-5),
        ("keras_hub:bert_tiny_en_uncased", "full", 3e-4),
        ("keras_hub:bert_tiny_en_uncased", "linear_probe_then_fine_tune", 5e-4),
        ("applications:ResNet50(include_top=False)", "full", 3e-4),
        ("small_resnet", "full", 3e-3),
        ("mlp_784_128_10", "full", 1e-3),
    ],
)
def test_by_kind_and_size_of_the_backbone(model, plan, rate):
    found = usual_rate(open_model(model).model, plan)
    assert found.learning_rate == pytest.approx(rate)
    assert found.reason.startswith("for ")


def test_every_plan_has_one():
    model = open_model("lenet").model
    assert all(0 < usual_rate(model, plan).learning_rate <= 0.1 for plan in PLANS)
