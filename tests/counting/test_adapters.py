"""Adapters are counted as PEFT and the papers count them, in models without values."""

import keras
import keras_hub
import pytest

from kerastune.backends import build_abstract
from kerastune.counting import compare_plans, count_model, count_operations
from kerastune.errors import InputError
from kerastune.tuning import LoRA, add_adapters, train_only

pytestmark = pytest.mark.any_backend


def dense_layers(width: int, blocks: int) -> keras.Model:
    """Square layers called `query`, `value_1` and so on, all beside each other."""
    inputs = keras.Input((width,))
    parts = [
        keras.layers.Dense(width, name=f"{name}_{block}")(inputs)
        for block in range(blocks)
        for name in ("query", "value")
    ]
    return keras.Model(inputs, keras.layers.Add()(parts))


def bert_base() -> keras.Model:
    return keras_hub.models.BertBackbone(
        vocabulary_size=30522, num_layers=12, num_heads=12, hidden_dim=768, intermediate_dim=3072
    )


def trained(model: keras.Model, plans: str) -> list[int]:
    return [row["trainable"] for row in compare_plans(model, plans).to_dict()["rows"]]


@pytest.mark.parametrize(
    ("width", "blocks", "rank", "parameters"),
    [
        # PEFT on BERT base, rank 8 on query and value.
        (768, 12, 8, 294_912),
        # GPT-3 in Tables 4 and 5 of Hu et al., 2021 (4.7 M and 37.7 M): 96 layers of 12,288.
        (12_288, 96, 1, 4_718_592),
        (12_288, 96, 8, 37_748_736),
    ],
)
def test_square_matrices_get_what_the_paper_counts(width, blocks, rank, parameters):
    model = build_abstract(lambda: dense_layers(width, blocks))
    (counted,) = trained(model, f"lora({rank}, 'query* | value*')")
    assert counted == parameters == 2 * blocks * 2 * width * rank


def test_bert_base_has_what_peft_counts():
    model = build_abstract(bert_base)
    before = count_model(model)
    # LoRA 12 × 2 × (768 × 8 + 8 × 768); DoRA a length for each column more; IA³ the keys, the
    # values and the inputs of the second feedforward layers; a prefix 20 keys and values.
    expected = [294_912, 294_912 + 18_432, 12 * (2 * 768 + 3072), 12 * 20 * 2 * 768]
    assert trained(model, "lora,dora,ia3,prefix_tuning") == expected
    assert count_model(model) == before


def test_halves_and_a_rank_that_is_none():
    model = build_abstract(dense_for_rank)
    assert trained(model, "lora(2)") == [2 * (4 + 4)]
    with pytest.raises(InputError, match="a rank that is a whole number from 1"):
        trained(model, "lora(0)")


def dense_for_rank() -> keras.Model:
    inputs = keras.Input((4,))
    return keras.Model(inputs, keras.layers.Dense(4, name="query")(inputs))


def two_layers() -> keras.Model:
    inputs = keras.Input((512,))
    hidden = keras.layers.Dense(512, use_bias=False, name="one")(inputs)
    return keras.Model(inputs, keras.layers.Dense(512, use_bias=False, name="two")(hidden))


def test_a_step_computes_what_the_products_beside_the_kernels_take():
    """No product of the size of a kernel but the two of the layers, and one back through them."""
    model = build_abstract(two_layers)
    build_abstract(lambda: add_adapters(model, LoRA(rank=8, targets="kernels")))
    train_only(model, "adapters")
    counted = count_operations(model, batch_size=16)
    whole, narrow = 16 * 512 * 512, 16 * 512 * 8
    assert counted.macs == 2 * whole + 4 * narrow
    # The second layer gives gradients to both matrices and, by the kernel and by them, to its
    # inputs; the first to its matrices alone, of which one is reached through the other.
    assert counted.backward_macs == whole + 4 * narrow + 3 * narrow
