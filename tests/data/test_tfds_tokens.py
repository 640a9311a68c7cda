import numpy as np
import pytest

from kerastune.data import open_tokens, read_tfds_tokens
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

SENTENCES = {
    ("Zoë", "runs", "Acme"): ("I-PER", "O", "B-ORG"),
    ("It", "ran"): ("O", "O"),
    ("Acme",): ("B-ORG",),
    (): (),
}
NER = ["O", "I-PER", "B-ORG", "I-ORG"]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """A folder with a small data set that has the features of `conll2003`."""
    import tensorflow_datasets as tfds

    tfds.disable_progress_bar()

    class SmallNames(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            features = {
                "tokens": tfds.features.Sequence(tfds.features.Text()),
                "ner": tfds.features.Sequence(tfds.features.ClassLabel(names=NER)),
                "pos": tfds.features.Sequence(tfds.features.Text()),
                "topic": tfds.features.ClassLabel(names=["a", "b"]),
            }
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features)
            )

        def _split_generators(self, _):
            return {"train": self._generate_examples(4), "dev": self._generate_examples(2)}

        def _generate_examples(self, count):
            for position, (tokens, tags) in enumerate(list(SENTENCES.items())[:count]):
                yield (
                    position,
                    {
                        "tokens": list(tokens),
                        "ner": list(tags),
                        "pos": [f"P{len(token)}" for token in tokens],
                        "topic": position % 2,
                    },
                )

    folder = tmp_path_factory.mktemp("prepared")
    SmallNames(data_dir=folder, file_format="array_record").download_and_prepare()
    return folder


def test_tokens_and_tags(data_dir):
    source = read_tfds_tokens("small_names", data_dir=data_dir)
    names = source.columns["ner"].class_names
    assert names == ("O", "I-PER", "B-ORG", "I-ORG", "B-PER")
    found = {
        tuple(sample["tokens"]): tuple(names[code] for code in sample["ner"]) for sample in source
    }
    # In IOB2, and without the sentence that has no tokens.
    assert found == {
        ("Zoë", "runs", "Acme"): ("B-PER", "O", "B-ORG"),
        ("It", "ran"): ("O", "O"),
        ("Acme",): ("B-ORG",),
    }
    assert source.targets == ("ner",)
    assert source.name == "tfds:small_names:train"
    assert source.notes == (
        "1 of 4 samples dropped: no tokens",
        "1 tags I- that begin a span became B-",
    )
    assert all(type(token) is str for tokens in source.values["tokens"] for token in tokens)


def test_as_data_of_a_recipe(data_dir, monkeypatch):
    monkeypatch.setattr("tensorflow_datasets.core.constants.DATA_DIR", str(data_dir))
    monkeypatch.setenv("TFDS_DATA_DIR", str(data_dir))
    source = open_tokens("tfds:small_names:dev", tags_name="pos")
    assert source.columns["pos"].class_names == ("P2", "P3", "P4")
    assert np.sum([len(codes) for codes in source.values["pos"]]) == 5


def test_features_that_are_no_sequences(data_dir):
    with pytest.raises(InputError, match=r"Received: 'topic' of shape \(\)"):
        read_tfds_tokens("small_names", tags="topic", data_dir=data_dir)
    with pytest.raises(InputError, match="a feature 'nerr' .* Did you mean 'ner'"):
        read_tfds_tokens("small_names", tags="nerr", data_dir=data_dir)
