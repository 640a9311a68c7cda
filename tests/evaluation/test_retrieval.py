"""Recall at k, against a ranking written out, and what ties and repeated captions mean."""

import numpy as np
import pytest

from kerastune import baselines, data
from kerastune.evaluation import evaluate_retrieval, retrieval

pytestmark = pytest.mark.any_backend


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def written_out(images, texts, captions, most):
    """Rankings one by one: the captions of each image, and the images of each caption."""
    names = list(dict.fromkeys(captions))
    of_name = {name: texts[captions.index(name)] for name in names}
    hits = []
    for image, right in zip(images, captions, strict=True):
        ranked = sorted(names, key=lambda name: -float(image @ of_name[name]))
        hits.append(right in ranked[:most])
    found = []
    for name in names:
        order = np.argsort(-(images @ of_name[name]))[:most]
        found.append(name in {captions[at] for at in order})
    return np.mean(hits), np.mean(found)


@pytest.mark.parametrize("at_once", [7, 1024])
def test_recall(at_once, monkeypatch):
    monkeypatch.setattr(retrieval, "_AT_ONCE", at_once)
    generator = np.random.default_rng(0)
    captions = [f"caption {number}" for number in generator.integers(0, 25, 60)]
    by_name = {name: generator.normal(size=6) for name in captions}
    texts = unit(np.stack([by_name[name] for name in captions]))
    images = unit(texts + generator.normal(0, 0.5, texts.shape))
    found = evaluate_retrieval(images, texts, captions)
    assert found["captions"] == len(by_name)
    for most in (1, 5, 10):
        expected = written_out(images, texts, captions, most)
        assert found[f"image_to_text_recall_at_{most}"] == pytest.approx(expected[0])
        assert found[f"text_to_image_recall_at_{most}"] == pytest.approx(expected[1])


def test_a_model_that_gives_one_vector_finds_nothing():
    same = np.tile([[1.0, 0.0]], (30, 1))
    found = evaluate_retrieval(same, same, [str(number) for number in range(30)])
    assert found["image_to_text_recall_at_10"] == found["text_to_image_recall_at_10"] == 0


def test_the_baseline_is_left_out_where_images_are_read_from_files():
    images = [np.zeros((4, 4, 1)), np.zeros((5, 4, 1))]
    samples = data.open_captions((images, ["a cat", "a dog"]))
    assert baselines.ridge_captions(data.Splits(samples, samples)) == {}
