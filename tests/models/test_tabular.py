import keras
import numpy as np
import pytest

import kerastune
from kerastune.errors import InputError
from kerastune.heads import Classification, attach
from kerastune.models import embedding_width, tabular_mlp

pytestmark = pytest.mark.first_backend

SIZES = (4, 40)


def arrays(rows=6):
    generator = np.random.default_rng(0)
    return {
        "numbers": generator.normal(size=(rows, 3)).astype("float32"),
        "categories": np.stack([generator.integers(size, size=rows) for size in SIZES], axis=1),
    }


def test_it_computes_what_its_layers_say():
    model = tabular_mlp(3, SIZES, widths=(8,), normalization=None, dropout=0.0)
    inputs = arrays()
    tables = [model.get_layer(f"category_{n}_embedding").get_weights()[0] for n in (1, 2)]
    codes = inputs["categories"].T
    parts = [inputs["numbers"], *(table[code] for table, code in zip(tables, codes, strict=True))]
    kernel, bias = model.get_layer("block_1_dense").get_weights()
    expected = np.maximum(np.concatenate(parts, axis=1) @ kernel + bias, 0)
    np.testing.assert_allclose(model.predict(inputs, verbose=0), expected, atol=1e-5)


@pytest.mark.parametrize("normalization", ["batch", "layer", None])
def test_its_groups_are_embeddings_blocks_head(normalization):
    head = Classification(("no", "yes"))
    model = attach(tabular_mlp(3, SIZES, normalization=normalization), head)
    assert list(kerastune.layer_groups(model)) == ["embeddings", "block_1", "block_2", "head"]
    counts = {name: len(weights) for name, weights in kerastune.layer_groups(model).items()}
    assert counts["embeddings"] == 2


def test_it_trains_and_loads(tmp_path):
    head = Classification(("no", "yes"))
    model = attach(tabular_mlp(3, SIZES, widths=(16,)), head)
    model.compile(keras.optimizers.Adam(3e-2), head.loss())
    inputs, targets = arrays(64), head.encode(arrays(64)["categories"][:, 0] % 2)
    history = model.fit(inputs, targets, batch_size=16, epochs=12, verbose=0).history["loss"]
    assert history[-1] < history[0] / 2
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        loaded.predict(inputs, verbose=0), model.predict(inputs, verbose=0)
    )


@pytest.mark.parametrize(("numbers", "sizes"), [(3, ()), (0, SIZES)])
def test_an_input_of_which_there_are_none_is_left_out(numbers, sizes):
    model = tabular_mlp(numbers, sizes, widths=(5,))
    expected = {"numbers"} if numbers else {"categories"}
    assert set(model.input) == expected
    inputs = {name: values for name, values in arrays().items() if name in expected}
    assert model.predict(inputs, verbose=0).shape == (6, 5)


def test_the_width_of_embeddings_is_fastai_s():
    # fastai 2.8: fastai.tabular.model.emb_sz_rule.
    assert [embedding_width(size) for size in (1, 2, 3, 10, 100, 10_000, 100_000)] == [
        2,
        2,
        3,
        6,
        21,
        278,
        600,
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"number_width": 0}, "number_width=0"),
        ({"number_width": -1}, "number_width=-1"),
        ({"category_sizes": (3, 0)}, r"category_sizes=\(3, 0\)"),
        ({"widths": ()}, "widths of at least one block"),
        ({"widths": (8, 0)}, r"Received: \(8, 0\)"),
        ({"normalization": "group"}, "batch, layer, or None"),
        ({"dropout": 1.0}, "Received: dropout=1.0"),
    ],
)
def test_what_cannot_be_built(change, expected):
    with pytest.raises(InputError, match=expected):
        tabular_mlp(**{"number_width": 3, **change})
