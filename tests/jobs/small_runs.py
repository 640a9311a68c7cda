"""Results with answers that are known beforehand, made without any training."""

import keras
import numpy as np

from kerastune.data import Column, open_table
from kerastune.heads import Classification, Regression, Several
from kerastune.jobs.result import Result
from kerastune.preprocessing import ImagePreprocessor, Preprocessor, TablePreprocessor
from kerastune.training import TrainingHistory
from kerastune.tuning import full


@keras.saving.register_keras_serializable(package="small_runs")
class Letters(Preprocessor):
    """The number of letters of a text."""

    columns = ("text",)

    def prepare(self, inputs):
        return np.array([[float(len(text))] for text in inputs["text"]], "float32")


@keras.saving.register_keras_serializable(package="small_runs")
class Numbers(TablePreprocessor):
    """The numbers of a table alone."""

    def prepare(self, inputs):
        return super().prepare(inputs)["numbers"]


def _result(directory, model, head, preprocessor, columns):
    targets = tuple(name for name in columns if name not in preprocessor.columns)
    history = TrainingHistory([0.5], [{"stage": "one", "epoch": 1, "steps": 1, "loss": 0.5}])
    return Result(
        "mine",
        model,
        head,
        full(1, 0.1),
        {"accuracy": 0.5},
        history,
        directory,
        preprocessor,
        columns,
        targets,
    )


def _linear(inputs, features, scale, offset, name="logits"):
    """A model that computes `scale * features + offset` of one feature."""
    layer = keras.layers.Dense(1, name=name)
    outputs = layer(features)
    layer.set_weights([np.array([[scale]], "float32"), np.array([offset], "float32")])
    return keras.Model(inputs, outputs)


def text_run(directory):
    """Texts of more than five letters are long, others short."""
    inputs = keras.Input((1,))
    names = ("short", "long")
    columns = {"text": Column("text"), "label": Column("class", class_names=names)}
    model = _linear(inputs, inputs, 1.0, -5.5)
    return _result(directory, model, Classification(names), Letters(), columns)


def image_run(directory):
    """Images of 8 x 8 pixels whose mean is above 127 are light, others dark."""
    inputs = keras.Input((8, 8, 3))
    features = keras.layers.Reshape((1,))(
        keras.layers.AveragePooling3D((8, 8, 3))(keras.layers.Reshape((8, 8, 3, 1))(inputs))
    )
    names = ("dark", "light")
    columns = {
        "image": Column("image", shape=(8, 8, 3)),
        "label": Column("class", class_names=names),
    }
    model = _linear(inputs, features, 0.1, -12.75)
    return _result(directory, model, Classification(names), ImagePreprocessor((8, 8, 3)), columns)


def table_run(directory):
    """Twice the age, which is 30 where it is missing."""
    ages = {"age": [20.0, 40.0, None, 30.0], "pay": [40.0, 80.0, 60.5, 60.0]}
    table = open_table(ages, target="pay", target_kind="quantity")
    preprocessor = Numbers().fit(table)
    inputs = keras.Input((preprocessor.number_width,))
    first = keras.layers.Dense(1, use_bias=False, name="first")
    model = keras.Model(inputs, first(inputs))
    first.set_weights([np.array([[2.0], [0.0]], "float32")])
    # Ages are scaled to their standard deviation.
    deviation = preprocessor.fitted[0].scale
    head = Regression((60.0,), (deviation,))
    return _result(directory, model, head, preprocessor, dict(table.columns))


def several_run(directory):
    """Two targets of a text: whether it is long, and ten times its letters."""
    inputs = keras.Input((1,))
    head = Several(
        {"size": Classification(("short", "long")), "letters": Regression((0.0,), (10.0,))}
    )
    columns = {
        "text": Column("text"),
        "size": Column("class", class_names=("short", "long")),
        "letters": Column("quantity"),
    }
    parts = {
        "size": _linear(inputs, inputs, 1.0, -5.5, "size"),
        "letters": _linear(inputs, inputs, 1.0, 0.0, "letters"),
    }
    model = keras.Model(inputs, {name: part.outputs[0] for name, part in parts.items()})
    return _result(directory, model, head, Letters(), columns)
