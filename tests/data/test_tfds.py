import io
import sys
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest
from sklearn.datasets import load_digits

from kerastune.data import read_tfds
from kerastune.errors import InputError, MissingExtraError

pytestmark = pytest.mark.any_backend

REVIEWS = [("Größe", 1), ("a bore", 0), ("a joy", 1), ("dull", 0)]


def no_network(url, timeout):
    raise urllib.error.URLError(f"no route to {url} in {timeout} s")


def network(url, timeout):
    assert timeout > 0
    return io.BytesIO(url.encode())


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    monkeypatch.setattr(urllib.request, "urlopen", no_network)


@pytest.fixture(scope="module")
def builders():
    """Two small data sets that TensorFlow Datasets can prepare, by name."""
    import tensorflow_datasets as tfds

    tfds.disable_progress_bar()

    class SmallDigits(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            features = {
                "image": tfds.features.Image(shape=(8, 8, 1), dtype=np.uint8),
                "label": tfds.features.ClassLabel(num_classes=10),
            }
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features)
            )

        def _split_generators(self, _):
            return {"train": self._generate_examples(30), "test": self._generate_examples(12)}

        def _generate_examples(self, count):
            digits = load_digits()
            for position in range(count):
                image = digits.images[position].reshape(8, 8, 1).astype("uint8")
                yield position, {"image": image, "label": int(digits.target[position])}

    class SmallReviews(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            features = {
                "text": tfds.features.Text(),
                "label": tfds.features.ClassLabel(names=["neg", "pos"]),
                "score": tfds.features.Scalar(np.float32),
                "stars": tfds.features.Scalar(np.int64),
                "tone": tfds.features.Text(),
            }
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features)
            )

        def _split_generators(self, _):
            return {"train": self._generate_examples()}

        def _generate_examples(self):
            for position, (text, label) in enumerate(REVIEWS):
                yield (
                    position,
                    {
                        "text": text,
                        "label": label,
                        "score": label + 0.5,
                        "stars": 10 - label,
                        "tone": ["flat", "warm"][label],
                    },
                )

    return {"small_digits": SmallDigits, "small_reviews": SmallReviews}


@pytest.fixture(scope="module")
def data_dir(builders, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    for builder in builders.values():
        builder(data_dir=folder, file_format="array_record").download_and_prepare()
    return folder


def test_images_are_read_by_position(data_dir):
    source = read_tfds("small_digits", data_dir=data_dir)
    digits = load_digits()
    assert len(source) == 30
    assert source.columns["label"].class_names == tuple("0123456789")
    assert source.name == "tfds:small_digits:train"
    for position in (29, 0, 7):
        image, label = source[position]["image"], source[position]["label"]
        original = next(
            number for number in range(30) if np.array_equal(digits.images[number], image[..., 0])
        )
        assert image.dtype == "uint8"
        assert label == digits.target[original]


def test_labels_are_read_without_decoding_images(data_dir, monkeypatch):
    import tensorflow_datasets as tfds

    decoded = []
    decode = tfds.features.Image.decode_example_np
    monkeypatch.setattr(
        tfds.features.Image,
        "decode_example_np",
        lambda self, example: decoded.append(1) or decode(self, example),
    )
    source = read_tfds("small_digits", data_dir=data_dir)
    assert decoded == [1]  # The first image tells what the others are.
    assert source.columns["image"].shape == (8, 8, 1)
    assert source.values["image"][3].shape == (8, 8, 1)
    assert decoded == [1, 1]


def test_texts_are_str(data_dir):
    source = read_tfds("small_reviews", data_dir=data_dir)
    assert sorted((sample["text"], int(sample["label"])) for sample in source) == sorted(REVIEWS)
    assert source.columns["label"].class_names == ("neg", "pos")


def test_other_splits(data_dir):
    assert len(read_tfds("small_digits", split="test", data_dir=data_dir)) == 12
    assert len(read_tfds("small_digits", split="train[:5]", data_dir=data_dir)) == 5


def test_other_features(data_dir):
    scores = read_tfds("small_reviews", label="score", data_dir=data_dir)
    assert scores.columns["score"].kind == "quantity"
    assert sorted(scores.values["score"]) == [0.5, 0.5, 1.5, 1.5]
    stars = read_tfds("small_reviews", label="stars", data_dir=data_dir)
    assert stars.columns["stars"].class_names == ("9", "10")
    tones = read_tfds("small_reviews", label="tone", data_dir=data_dir)
    assert tones.columns["tone"].class_names == ("flat", "warm")
    named = read_tfds("small_reviews", feature="tone", data_dir=data_dir)
    assert [("flat", "warm")[code] for code in tones.values["tone"]] == list(named.values["tone"])
    assert tones.values["tone"].tolist() == named.values["label"].tolist()
    with pytest.raises(InputError, match="'tone' for both"):
        read_tfds("small_reviews", feature="tone", label="tone", data_dir=data_dir)


def test_no_such_split(data_dir):
    with pytest.raises(InputError, match=r"\(train, test\). Received: 'valid'"):
        read_tfds("small_digits", split="valid", data_dir=data_dir)


def test_no_such_feature(data_dir):
    with pytest.raises(InputError, match=r"feature 'labels' .* Did you mean 'label'\?"):
        read_tfds("small_digits", label="labels", data_dir=data_dir)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mnits", r"Received: 'mnits'\. Did you mean 'mnist'\?"),
        ("mnist/no_such_config", "Received: 'mnist/no_such_config'"),
        ("../mnist", "Received: '../mnist'"),
        ("", "Received: ''"),
        ("huggingface:imdb", "without a namespace"),
    ],
)
def test_no_such_data_set(tmp_path, name, expected):
    with pytest.raises(InputError, match=expected) as caught:
        read_tfds(name, data_dir=tmp_path)
    assert "\n" not in str(caught.value)


def test_not_prepared_and_no_network(tmp_path):
    with pytest.raises(InputError, match=r"no answer from .*not prepared in .*TFDS_DATA_DIR"):
        read_tfds("mnist", data_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_not_prepared_and_a_network_that_never_answers(tmp_path, monkeypatch):
    give_up = threading.Event()

    def silent_network(url, timeout):
        give_up.wait()
        no_network(url, timeout)

    monkeypatch.setattr(urllib.request, "urlopen", silent_network)
    monkeypatch.setattr("kerastune.data.tfds._PATIENCE", 0.01)
    try:
        with pytest.raises(InputError, match="no answer from"):
            read_tfds("mnist", data_dir=tmp_path)
    finally:
        give_up.set()


def test_not_prepared_and_a_network(builders, tmp_path, monkeypatch):
    assert "small_reviews" in builders
    monkeypatch.setattr(urllib.request, "urlopen", network)
    assert len(read_tfds("small_reviews", data_dir=tmp_path)) == 4


def test_preparing_that_fails_is_told(builders, tmp_path, monkeypatch):
    def fail(builder, file_format):
        raise RuntimeError(f"{builder.name} has other checksums\nand {file_format} much more")

    monkeypatch.setattr(urllib.request, "urlopen", network)
    monkeypatch.setattr(builders["small_reviews"], "download_and_prepare", fail)
    with pytest.raises(InputError, match="Received: small_reviews has other checksums; tfds:"):
        read_tfds("small_reviews", data_dir=tmp_path)


def test_prepared_in_a_format_without_positions(builders, tmp_path):
    builders["small_digits"](data_dir=tmp_path, file_format="tfrecord").download_and_prepare()
    with pytest.raises(InputError, match=r"Received: tfrecord files in .* Give another folder"):
        read_tfds("small_digits", data_dir=tmp_path)


def test_package_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(MissingExtraError, match=r"install .*\[datasets\]'"):
        read_tfds("mnist")
