"""The contrastive loss and the scale, against what the paper writes in NumPy."""

import keras
import numpy as np
import pytest
import scipy

from kerastune.errors import InputError
from kerastune.heads import ContrastiveLoss, ImageTextMatching, attach
from kerastune.models import LogitScale

pytestmark = pytest.mark.first_backend


def vectors(count, width=5, seed=0):
    found = np.random.default_rng(seed).normal(size=(count, width)).astype("float32")
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def paper_loss(image, text, scale):
    """Figure 3 of Radford et al., 2021, for captions that all differ."""
    logits = image @ text.T * scale
    labels = np.arange(len(image))

    def cross_entropy(rows):
        return -scipy.special.log_softmax(rows, axis=1)[labels, labels].mean()

    return (cross_entropy(logits) + cross_entropy(logits.T)) / 2


def body():
    """Two towers that give what they are given."""
    ends = {name: keras.Input((width,), name=name) for name, width in (("image", 4), ("text", 3))}
    return keras.Model(ends, dict(ends), name="body")


@pytest.mark.each_backend
def test_the_loss_of_the_paper():
    image, text, scale = vectors(6), vectors(6, seed=1), 9.0
    pairs = np.stack([scale * image, text], axis=1)
    for numbers in (np.arange(6), np.arange(6)[:, np.newaxis]):
        found = float(ContrastiveLoss()(numbers, pairs))
        assert found == pytest.approx(paper_loss(image, text, scale), rel=1e-5)


@pytest.mark.each_backend
def test_equal_captions_share_the_probability():
    """Rows 0 and 2 have one caption: half of the probability is wanted of each."""
    image, text = vectors(3), vectors(3, seed=1)[[0, 1, 0]]
    wanted = np.array([[0.5, 0, 0.5], [0, 1, 0], [0.5, 0, 0.5]])
    logits = image @ text.T
    expected = -sum(
        (wanted * scipy.special.log_softmax(rows, axis=1)).sum() / 6 for rows in (logits, logits.T)
    )
    found = float(ContrastiveLoss()(np.array([4, 1, 4]), np.stack([image, text], axis=1)))
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.each_backend
def test_the_scale_is_learned_and_held_at_100():
    """Vectors that fit already make the scale grow, up to its limit."""
    inputs = keras.Input((2, 3))
    outputs = LogitScale(name="scale")([inputs[:, 0], inputs[:, 1]])
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(1e6), ContrastiveLoss())
    pairs = np.stack([np.eye(3) / 10, np.eye(3)], axis=1).astype("float32")
    log_scale = model.get_layer("scale").log_scale
    assert np.exp(keras.ops.convert_to_numpy(log_scale)) == pytest.approx(1 / 0.07, rel=1e-5)
    model.fit(pairs, np.arange(3), epochs=2, verbose=0)
    assert keras.ops.convert_to_numpy(log_scale) == pytest.approx(np.log(100))


@pytest.mark.any_backend
def test_the_head_gives_unit_vectors():
    head = ImageTextMatching(width=2)
    inputs = {"image": vectors(5, 4), "text": vectors(5, 3)}
    outputs = head.predict(attach(body(), head), ((inputs,) for _ in range(1)), 1)
    for part in ("image", "text"):
        np.testing.assert_allclose(np.linalg.norm(outputs[part], axis=1), 1, rtol=1e-5)
    cosines = (outputs["image"] * outputs["text"]).sum(axis=1)
    np.testing.assert_allclose(head.decode(outputs), cosines)
    np.testing.assert_allclose(head.errors(None, outputs), 1 - cosines)


@pytest.mark.any_backend
def test_what_does_not_fit_is_told():
    with pytest.raises(InputError, match="width=0"):
        ImageTextMatching(width=0)
    with pytest.raises(InputError, match="several towers"):
        attach(body(), ImageTextMatching(), pooling="mean")
