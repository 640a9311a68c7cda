"""The towers of a pretrained CLIP of KerasHub, in its own format on this machine."""

import re

import keras
import keras_hub
import numpy as np
import pytest

import kerastune
from kerastune import data, recipes
from kerastune.errors import InputError
from kerastune.models import load_clip
from kerastune.preprocessing import PresetWordPreprocessor
from tests.tiny import tiny_bert_preset, tiny_clip_preset

IMAGES = np.random.default_rng(0).uniform(0, 255, (8, 8, 8, 3)).astype("float32")
CAPTIONS = ["A cat", "the cat!", "two cats and a long caption", "x", "y z", "!!", "b.", "a  cat?"]
SHORT = {"epochs": 2, "batch_size": 4, "learning_rate": 1e-3, "verbose": 0}


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return tiny_clip_preset(tmp_path_factory.mktemp("clip"))


def built(preset, **options):
    samples = data.open_captions((IMAGES, CAPTIONS))
    options = {"validation_fraction": 0.0, "test_data": samples, **SHORT, **options}
    return recipes.image_text_matching.build(samples, pretrained=str(preset), **options)


@pytest.mark.first_backend
@pytest.mark.each_backend
def test_products_are_those_of_keras_hub(preset):
    job = built(preset)
    clip = keras_hub.models.CLIPBackbone.from_preset(str(preset))
    arrays = job.prepare(job.splits.training)
    converter = keras_hub.layers.ImageConverter.from_preset(str(preset))
    theirs = clip(
        {
            "images": keras.ops.convert_to_tensor(converter(arrays["image"])),
            "token_ids": keras.ops.convert_to_tensor(arrays["token_ids"]),
        }
    )
    ours = keras.ops.convert_to_numpy(job.model(arrays))
    expected = keras.ops.convert_to_numpy(theirs["vision_logits"])
    np.testing.assert_allclose(ours[:, 0] @ ours[:, 1].T, expected, atol=1e-4)


@pytest.mark.first_backend
def test_a_run_goes_on_from_it_and_is_read_back(preset, tmp_path):
    job = built(preset, run_dir=tmp_path / "run")
    before = job.baselines[-1](job.splits)["before training"]
    result = job.run()
    assert before["image_to_text_recall_at_1"] <= 1
    first, last = (result.history.epochs[place]["loss"] for place in (0, -1))
    assert last < first
    loaded = kerastune.load(tmp_path / "run")
    pairs = {"image": IMAGES, "caption": CAPTIONS}
    np.testing.assert_allclose(loaded.predict(pairs), result.predict(pairs), atol=1e-5)
    groups = kerastune.layer_groups(loaded.model)
    assert any(name.count("encoder_block_1") == 2 for name in groups)


@pytest.mark.any_backend
def test_captions_become_what_its_preprocessor_makes_of_them(preset):
    job = built(preset)
    tokenizer = keras_hub.models.CLIPTokenizer.from_preset(str(preset))
    theirs = keras_hub.models.CLIPPreprocessor(tokenizer, sequence_length=12)
    expected = theirs({"images": np.zeros((8, 8, 8, 3)), "prompts": CAPTIONS})["token_ids"]
    found = job.prepare(job.splits.training)["token_ids"]
    captions = list(job.splits.training.values["caption"])
    places = [CAPTIONS.index(caption) for caption in captions]
    whole = [at for at, caption in enumerate(captions) if len(caption) < 12]
    assert whole
    np.testing.assert_array_equal(found[whole], np.asarray(expected)[places][whole])
    # Of a caption that is cut, too, the last token is the one that ends it.
    assert (found.max(axis=1) == job.prepare.words.tokenizer.end).all()
    assert any("1 of 8 texts cut to 12 tokens" in note for note in job.splits.training.notes)


@pytest.mark.any_backend
def test_options_of_towers_are_refused(preset):
    message = re.escape("Expected no width with a preset of CLIP, which has towers. Received: ")
    with pytest.raises(InputError, match=f"{message}width=32 with pretrained="):
        built(preset, width=32)


@pytest.mark.any_backend
def test_another_network_is_refused(tmp_path):
    bert = tiny_bert_preset(tmp_path / "bert")
    with pytest.raises(InputError, match="Expected a preset of CLIP.*BertBackbone"):
        load_clip(bert)


@pytest.mark.any_backend
def test_texts_need_room():
    with pytest.raises(InputError, match="at least 3"):
        PresetWordPreprocessor(None, 2)
    with pytest.raises(InputError, match="without"):
        PresetWordPreprocessor(None, 3).prepare({"text": ["a"]})
