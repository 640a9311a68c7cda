"""Which nested model is the backbone, and which weights take part in the result."""

import keras

from kerastune.tuning.groups.backbone import find_backbone, used_weights
from tests.tuning.test_groups import layer_names, sizes

layers = keras.layers


def network(name="body"):
    return keras.Sequential(
        [keras.Input((4,)), layers.Dense(4), layers.BatchNormalization(), layers.Dense(4)],
        name=name,
    )


def test_the_backbone_is_found_beside_augmentation_and_before_a_nested_head():
    body = network()
    noise = keras.Sequential([keras.Input((4,)), layers.GaussianNoise(0.1)])
    head = keras.Sequential([keras.Input((4,)), layers.Dense(300)])
    model = keras.Sequential([keras.Input((4,)), noise, body, head])
    assert find_backbone(model) is body
    assert sizes(model)["head"] == 2


def test_the_backbone_is_none_of_two_towers():
    inputs = keras.Input((4,))
    towers = [network(name)(inputs) for name in ("left", "right")]
    model = keras.Model(inputs, layers.Dense(1)(layers.Add()(towers)))
    assert find_backbone(model) is None


def test_the_backbone_is_not_a_nested_classifier():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="wide"), network()])
    assert find_backbone(model) is None
    assert sizes(model) == {"wide": 2, "head": 8}


def test_the_backbone_is_the_attribute_of_a_subclassed_model():
    class Classifier(keras.Model):
        def __init__(self, body):
            super().__init__()
            self.logits = layers.Dense(1)
            self.backbone = body

        def call(self, x):
            return self.logits(self.backbone(x))

    model = Classifier(network())
    model(keras.ops.zeros((1, 4)))
    assert find_backbone(model) is model.backbone
    assert list(sizes(model).values()) == [6, 2, 2]


def test_used_weights_of_a_backbone_with_several_outputs():
    """As in KerasHub's text encoders; which output is taken decides, not its name."""
    inputs = keras.Input((3, 4))
    sequence = layers.Dense(4, name="block")(inputs)
    pooled = layers.Dense(4, name="pooled_dense")(sequence[:, 0])
    outputs = {"pooled_output": pooled, "sequence_output": sequence}
    backbone = keras.Model(inputs, outputs, name="encoder")
    for taken, names in {
        "pooled_output": {"block", "pooled_dense", "logits"},
        "sequence_output": {"block", "logits"},
    }.items():
        model = keras.Model(inputs, layers.Dense(1, name="logits")(backbone(inputs)[taken]))
        assert layer_names(used_weights(model)) == names
        around = keras.Sequential([inputs, model])
        assert layer_names(used_weights(around)) == names
    assert len(used_weights(backbone)) == 4
