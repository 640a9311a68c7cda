"""The head for phonemes and its loss, against PyTorch's, on this backend."""

from math import comb

import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.heads import CertainBlank, CTCLoss, PhonemeRecognition, attach
from kerastune.models import frame_encoder

pytestmark = pytest.mark.first_backend

FRAMES, CLASSES = np.array([30, 25, 12]), 6
LOGITS = 3 * np.sin(np.arange(3 * 30 * CLASSES) ** 1.5).reshape(3, 30, CLASSES).astype("float32")
LABELS = np.array([[1, 2, 3, 3, 5, 0, 0], [2, 2, 2, 2, 0, 0, 0], [5, 4, 3, 2, 1, 1, 2]])
# Of `torch.nn.CTCLoss(reduction="none")`, as `test_the_numbers_are_those_of_pytorch` computes them.
EXPECTED = [46.715656, 35.704529, 25.030018]


@pytest.mark.any_backend
def test_the_numbers_are_those_of_pytorch():
    import torch

    loss = torch.nn.CTCLoss(reduction="none")
    frames = torch.tensor(LOGITS).transpose(0, 1).log_softmax(-1)
    counts = torch.tensor((LABELS != 0).sum(axis=1))
    found = loss(frames, torch.tensor(LABELS), torch.tensor(FRAMES), counts)
    np.testing.assert_allclose(found.numpy(), EXPECTED, atol=1e-4)


def test_the_loss_is_that_of_pytorch_however_much_padding_there_is():
    mask = np.arange(30) < FRAMES[:, None]
    logits = CertainBlank()([keras.ops.convert_to_tensor(LOGITS), mask])
    found = keras.ops.convert_to_numpy(CTCLoss(reduction=None)(LABELS, logits))
    np.testing.assert_allclose(found, EXPECTED, rtol=0, atol=1e-4)


@pytest.mark.each_backend
def test_frames_of_tones_are_learned_without_their_places():
    encoder = frame_encoder(2000, bands=6, hop=0.02, channels=6, skip_channels=8, layers=1)
    head = PhonemeRecognition(("low", "high"), most=2)
    model = attach(encoder, head, pooling="sequence")
    said = [["low", "high"], ["high", "low"], ["low"], ["high"]]
    tones = {"low": np.sin(np.arange(200) / 2), "high": np.sin(np.arange(200) * 1.5)}
    sound, mask = np.zeros((4, 520), "float32"), np.zeros((4, 520), "bool")
    for row, names in enumerate(said):
        heard = np.concatenate([0.3 * tones[name] for name in names])
        sound[row, : len(heard)] = heard
        mask[row, : len(heard)] = True
    inputs, labels = {"audio": sound, "padding_mask": mask}, head.encode(said)
    model.compile(keras.optimizers.SGD(0.3), head.loss())
    losses = [float(model.train_on_batch(inputs, labels)) for _ in range(60)]
    # At first all classes are as probable in each frame that is no padding. Two labels have
    # C(frames + 2, 4) paths, and one label frames (frames + 1) / 2.
    expected = [np.log(3**10 / comb(12, 4)), np.log(3**5 / 15)]
    assert losses[0] == pytest.approx(np.mean(expected), abs=1e-4)
    assert losses[-1] < 0.1


def test_outputs_do_not_depend_on_the_padding():
    encoder = frame_encoder(2000, bands=6, hop=0.02, channels=4, skip_channels=5, layers=2)
    head = PhonemeRecognition(("a", "b"), most=3)
    model = attach(encoder, head, pooling="sequence")
    generator = np.random.default_rng(0)
    sound = generator.normal(0, 0.1, (1, 400)).astype("float32")
    # The last layer begins at zero.
    model.layers[-2].set_weights([generator.normal(size=(5, 3)), np.zeros(3)])
    short = {"audio": sound, "padding_mask": np.ones((1, 400), "bool")}
    long = {name: np.pad(rows, ((0, 0), (0, 300))) for name, rows in short.items()}
    one, other = (model.predict(inputs, verbose=0) for inputs in (short, long))
    np.testing.assert_allclose(one, other[:, : one.shape[1]], atol=1e-5)
    assert (other[:, one.shape[1] :].argmax(axis=-1) == 0).all()
    both = head.predict(model, iter([(short,), (long,)]), 2)
    assert both.shape == (2, 18, 3)
    assert head.labels(list(both))[0] == head.labels(list(both))[1]


@pytest.mark.any_backend
def test_answers_and_errors_are_by_sample():
    head = PhonemeRecognition(("a", "b"), most=2, beam_size=1)
    rows = [9 * np.eye(3)[[1, 1, 0, 1]], 9 * np.eye(3)[[2, 0]]]
    assert head.decode(rows) == ["a a", "b"]
    assert head.errors([["a", "a"], ["a", "b"]], rows).tolist() == [0.0, 0.5]
    assert head.evaluate([["a", "a"], ["a", "b"]], rows)["phoneme_error_rate"] == 0.25
    assert head.examples([["a", "b"]], rows[:1]) == [{"predicted": "a a", "true": "a b"}]
    assert head.encode([["a", "b", "a"], ["b"]]).tolist() == [[1, 2, 1, 0], [2, 0, 0, 0]]
    assert PhonemeRecognition.from_config(head.get_config()) == head
    assert head.pictures([["a", "a"]], rows)["first_sample"].axes[0].get_title(loc="left") == (
        "said: a a"
    )


@pytest.mark.any_backend
def test_what_does_not_fit_is_refused_in_one_line():
    head = PhonemeRecognition(("a", "b"), most=2)
    with pytest.raises(InputError, match="out of 2. Received: 'A'"):
        head.encode([["a", "A"]])
    with pytest.raises(InputError, match="a `frame_mask`.*pooling='sequence'"):
        head.build(keras.Input((None, 4)))
    with pytest.raises(InputError, match="most=0"):
        PhonemeRecognition(("a", "b"), most=0)
    with pytest.raises(InputError, match="'sequence' for frames with their mask"):
        attach(frame_encoder(2000, bands=6, channels=4, skip_channels=5, layers=2), head)
