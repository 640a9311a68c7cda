"""One process of the test of agreement: train on this backend, load what another saved.

python tests/integration/agreement.py FOLDER JOB,... [OTHER_BACKEND]

Writes FOLDER/BACKEND/JOB, unless it is there, and compares FOLDER/OTHER_BACKEND/JOB.
"""

import json
import sys
from functools import cache
from pathlib import Path

import keras
import numpy as np

import kerastune
from kerastune import data, recipes, training
from kerastune.backends import random_from
from kerastune.data.group_columns import without_groups
from kerastune.data.open_phonemes import sounds_alone
from kerastune.models import ImageBackbone

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.tiny import tiny_bert_preset

STEPS = 20
BATCH = 12


def few(samples: data.Source) -> data.Source:
    """As many samples as make twenty steps and a test."""
    return samples.select(range(STEPS * BATCH + 60))


def text_classification(folder: Path) -> kerastune.Job:
    return recipes.text_classification.build(
        sentences(folder), backbone=preset(folder), sequence_length=16, **options(1e-3)
    )


def minilm(folder: Path) -> kerastune.Job:
    return recipes.text_classification.build(sentences(folder), sequence_length=24, **options(1e-4))


def image_classification(_: Path) -> kerastune.Job:
    samples = few(data.digits(size=12))
    changes = {"flip": "horizontal", "contrast": 0.2, "rand_augment": 0.5, "mixup": 0.2}
    return recipes.image_classification.build(
        samples, backbone="small_resnet", **changes, **options(1e-3)
    )


def image_generation(_: Path) -> kerastune.Job:
    images = few_of_mnist()
    # Half of the size is enough: every second pixel, and those at the edge left out.
    smaller = images.with_column(
        "image", images.values["image"][:, 2:-2:2, 2:-2:2], data.Column("image", shape=(12, 12, 1))
    )
    return recipes.image_generation.build(
        smaller, widths=(8,), dropout=0.1, generated_images=0, **options(1e-3)
    )


def image_multitask(_: Path) -> kerastune.Job:
    samples = few(data.digits_and_angles(size=12))
    return recipes.image_multitask.build(samples, **options(1e-3))


def image_text_matching(_: Path) -> kerastune.Job:
    letters = few(data.glyphs())
    # Half of the size is enough: every second pixel.
    smaller = letters.with_column(
        "image", letters.values["image"][:, ::2, ::2], data.Column("image", shape=(14, 14, 1))
    )
    return recipes.image_text_matching.build(smaller, width=16, layers=1, heads=2, **options(1e-3))


def object_detection(_: Path) -> kerastune.Job:
    """Scenes of 64 pixels, in a tiny network."""
    scenes = data.scenes("train", size=64)
    images = keras.Input((64, 64, 3))
    maps, one = {}, keras.layers.Rescaling(1 / 128, -1)(images)
    for level, width in enumerate((8, 8, 12, 16), start=1):
        one = keras.layers.Conv2D(width, 3, strides=2, padding="same", activation="relu")(one)
        maps[f"P{level}"] = one
    network = keras.Model(images, maps, name="four_levels")
    generator = np.random.default_rng(0)
    for weight in network.weights:
        if weight.path.endswith("kernel"):
            weight.assign(generator.normal(0, 0.1, weight.shape).astype("float32"))
    return recipes.object_detection.build(
        few(scenes),
        backbone=ImageBackbone(network, None, (64, 64, 3)),
        levels=(3, 4),
        width=8,
        layers=1,
        flip=True,
        crop=0.2,
        scale=0.2,
        **options(1e-3),
    )


def lenet(_: Path) -> kerastune.Job:
    return recipes.lenet.build(few_of_mnist(), rotation=10.0, shift=0.1, zoom=0.1, **options(1e-3))


def mlp(_: Path) -> kerastune.Job:
    given = {**options(0.1), "plan": "gradient_descent"}
    return recipes.mlp.build(few_of_mnist(), dropout=0.2, l1=1e-5, l2=1e-3, **given)


def few_of_mnist() -> data.Source:
    """As many images of each digit, which lie there digit by digit."""
    images = data.mnist_5000()
    count = STEPS * BATCH + 60
    return images.select(np.arange(count) * len(images) // count)


def tabular_regression(_: Path) -> kerastune.Job:
    samples = data.open_table("diabetes_table").select(range(STEPS * BATCH + 60))
    return recipes.tabular_regression.build(samples, **options(1e-3))


def recommendation(_: Path) -> kerastune.Job:
    """Ratings made up of ten users' and seven items' tastes."""
    rows = np.arange(STEPS * BATCH + 60)
    table = {
        "user_id": (rows % 10).astype(str).tolist(),
        "item_id": (rows % 7).astype(str).tolist(),
        "genres": [("A|B", "B", None)[row % 3] for row in rows],
        "rating": (1 + (rows % 10) * (rows % 7) / 14).tolist(),
    }
    return recipes.recommendation.build(
        table, target="rating", split="order", ranked_users=0, **options(1e-3)
    )


def token_classification(folder: Path) -> kerastune.Job:
    samples = few(data.open_tokens("python_source"))
    return recipes.token_classification.build(
        samples, backbone=preset(folder), sequence_length=24, **options(1e-3)
    )


def text_regression(folder: Path) -> kerastune.Job:
    texts = sentences(folder)
    lengths = [np.log(len(text)) for text in texts.values["text"]]
    return recipes.text_regression.build(
        (list(texts.values["text"]), lengths),
        backbone=preset(folder),
        sequence_length=16,
        **options(1e-3),
    )


def text_multilabel(folder: Path) -> kerastune.Job:
    texts = list(sentences(folder).values["text"])
    words = ("of", "the", "is")
    return recipes.text_multilabel.build(
        (texts, [[word for word in words if word in text.split()] for text in texts]),
        backbone=preset(folder),
        sequence_length=16,
        **options(1e-3),
    )


def rnn_classification(folder: Path) -> kerastune.Job:
    return recipes.rnn_classification.build(sentences(folder), sequence_length=16, **options(1e-3))


def transformer_classification(folder: Path) -> kerastune.Job:
    return recipes.transformer_classification.build(
        sentences(folder), layers=1, sequence_length=16, **options(1e-3)
    )


def distillation(folder: Path) -> kerastune.Job:
    """A student of half the width and depth, whose teacher has the weights that it begins with."""
    sizes = {"heads": 2, "sequence_length": 16, **options(1e-3)}
    large, small = (
        recipes.transformer_classification.build(
            sentences(folder), layers=layers, width=8 * layers, **sizes
        )
        for layers in (2, 1)
    )
    small.teacher = kerastune.Teacher(
        large.model, large.head, large.prepare, feature_weight=1.0, layer_mapping=[2]
    )
    return small


def translation(_: Path) -> kerastune.Job:
    pairs = few(data.dates("en:de"))
    return recipes.translation.build(pairs, width=16, **options(1e-2))


def speech_classification(_: Path) -> kerastune.Job:
    words = data.open_audio("spoken_words:words=24 42,takes=2", sample_rate=8000)
    changes = {"speed": 0.1, "shift": 0.05, "noise": 0.2}
    return recipes.speech_classification.build(
        without_groups(few(words)),
        channels=8,
        skip_channels=16,
        layers=4,
        **changes,
        **options(1e-2),
    )


def phoneme_recognition(_: Path) -> kerastune.Job:
    words = data.spoken_phonemes(words=[str(number) for number in range(24)], takes=3)
    samples = data.open_phonemes(sounds_alone(few(words)), sample_rate=8000)
    return recipes.phoneme_recognition.build(
        samples, channels=8, skip_channels=16, layers=3, **options(1e-2)
    )


def speech_synthesis(_: Path) -> kerastune.Job:
    words = data.spoken_phonemes(voices=["m3"], pitch=50, takes=80)
    samples = data.open_phonemes(few(words), sample_rate=4000)
    return recipes.speech_synthesis.build(
        without_groups(samples),
        sample_rate=4000,
        hop=0.01,
        channels=8,
        skip_channels=16,
        layers=4,
        judged_words=0,
        **options(1e-2),
    )


def causal_language_model(folder: Path) -> kerastune.Job:
    return recipes.causal_language_model.build(
        list(sentences(folder).values["text"]),
        vocabulary_size=300,
        sequence_length=48,
        layers=1,
        heads=2,
        width=16,
        **options(1e-3),
    )


def masked_language_model(folder: Path) -> kerastune.Job:
    return recipes.masked_language_model.build(
        list(sentences(folder).values["text"]),
        vocabulary_size=300,
        sequence_length=64,
        maskings=1,
        heads=2,
        width=16,
        **options(1e-3),
    )


def sentences(folder: Path) -> data.Source:
    """Few sentences, which the first backend reads from all docstrings, and all from its file."""
    path = folder / "sentences.json"
    if not path.exists():
        samples = few(data.docstring_sentences())
        names = samples.columns["label"].class_names
        labels = [names[code] for code in samples.values["label"]]
        path.write_text(json.dumps([list(samples.values["text"]), labels]), encoding="utf-8")
    return data.from_arrays(*json.loads(path.read_text(encoding="utf-8")))


@cache
def preset(folder: Path) -> str:
    """A tiny encoder, the same for all backends, of one layer to compile."""
    path = folder / "tiny_bert"
    if not path.exists():
        tiny_bert_preset(path, num_layers=1)
    return str(path)


def options(learning_rate: float) -> kerastune.RunOptions:
    """One pass over the training samples."""
    return kerastune.RunOptions(
        plan="full",
        epochs=1,
        batch_size=BATCH,
        learning_rate=learning_rate,
        test_fraction=0.2,
        validation_fraction=0.0,
        random="portable",
    )


JOBS = {
    job.__name__: job
    for job in (
        text_classification,
        minilm,
        image_classification,
        image_generation,
        image_multitask,
        image_text_matching,
        object_detection,
        lenet,
        mlp,
        tabular_regression,
        recommendation,
        token_classification,
        text_regression,
        rnn_classification,
        transformer_classification,
        text_multilabel,
        distillation,
        translation,
        speech_classification,
        phoneme_recognition,
        speech_synthesis,
        causal_language_model,
        masked_language_model,
    )
}


def main(folder: str, names: str, other: str | None = None) -> None:
    """Train where there is no run yet, then answer with the runs of another backend."""
    backend = keras.config.backend()
    for name in names.split(","):
        job = JOBS[name](Path(folder))
        run = Path(folder) / backend / name
        if not run.exists():
            result = trained(job, run)
            result.save()
            test = job.splits.test
            outputs = result.outputs(test)
            metrics = result.head.evaluate(test.target_values, outputs).to_dict()
            (run / "metrics.json").write_text(json.dumps(metrics))
            np.savez(
                Path(folder) / f"{backend}_{name}.npz",
                steps=result.history.step_loss,
                **flat(outputs),
            )
        if other is not None:
            compare(Path(folder), other, job, name)


def trained(job: kerastune.Job, run_dir: Path) -> kerastune.Result:
    """A job trained as a run trains it, without its report, which any backend writes alike."""
    with random_from("portable"):
        taught = job if job.teacher is None else job.teacher.taught(job)
        history = training.run_plan(
            taught.model,
            taught.chosen_plan,
            taught.head,
            taught.splits,
            taught.prepare,
            batch_size=BATCH,
            seed=0,
        )
    test = job.splits.test
    return kerastune.Result(
        job.name,
        job.model,
        job.head,
        job.chosen_plan,
        {},
        history,
        run_dir,
        job.prepare,
        dict(test.columns),
        test.targets,
    )


def compare(folder: Path, other: str, job: kerastune.Job, name: str) -> None:
    """Answer with a run of another backend, and compare with what it answered there."""
    expected = np.load(folder / f"{other}_{name}.npz")
    outputs = flat(kerastune.load(folder / other / name).outputs(job.splits.test))
    for key, values in outputs.items():
        # Tokens without an answer are NaN on both.
        np.testing.assert_allclose(
            values, expected[key], rtol=0, atol=1e-4, err_msg=f"{key} of {name} of {other}"
        )


def flat(outputs: object) -> dict[str, np.ndarray]:
    """Outputs as arrays by name: those of several heads, and ragged ones end to end."""
    if isinstance(outputs, dict):
        given = {name: values for name, values in outputs.items() if name != "images"}
        return {f"output_{name}": end_to_end(values) for name, values in given.items()}
    return {"output": end_to_end(outputs)}


def end_to_end(values: object) -> np.ndarray:
    """Arrays of several samples as one, and the beginnings of texts as numbers."""
    if isinstance(values, list) and isinstance(values[0], str):
        return np.array([[ord(letter) for letter in f"{text:99.99}"] for text in values])
    return np.concatenate(values) if isinstance(values, list) else np.asarray(values)


if __name__ == "__main__":
    main(*sys.argv[1:])
