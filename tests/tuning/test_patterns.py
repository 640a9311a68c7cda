"""A pattern names what it says, no more, and never nothing."""

import keras
import keras_hub
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.errors import InputError
from kerastune.tuning import NoMatchError, layer_groups, match
from kerastune.tuning.groups.backbone import find_backbone
from kerastune.tuning.patterns.text import Pattern

layers = keras.layers


def build():
    """A backbone with batch normalization, and a head."""
    inputs = keras.Input((4,))
    x = layers.Dense(3, name="encoder")(inputs)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Dense(3, name="encoder_2")(x)
    backbone = keras.Model(inputs, x, name="body")
    outputs = layers.Dense(2, name="head_logits")(backbone(inputs))
    return keras.Model(inputs, outputs, name="model")


@pytest.fixture(scope="module")
def model():
    return build()


def paths(variables):
    return [variable.path for variable in variables]


ENCODER = ["encoder/kernel", "encoder/bias"]
NORM = ["norm/gamma", "norm/beta", "norm/moving_mean", "norm/moving_variance"]
ENCODER_2 = ["encoder_2/kernel", "encoder_2/bias"]
HEAD = ["head_logits/kernel", "head_logits/bias"]
BIASES = ["encoder/bias", "encoder_2/bias", "head_logits/bias"]
KERNELS = ["encoder/kernel", "encoder_2/kernel", "head_logits/kernel"]
ALL = ENCODER + NORM + ENCODER_2 + HEAD
# What patterns of the model above name; its groups are `encoder`, `encoder_2` and `head`.
NAMED = {
    "all": ALL,
    "head": HEAD,
    "backbone": ENCODER + NORM + ENCODER_2,
    "norms": NORM,
    "biases": BIASES,
    "kernels": KERNELS,
    # A path comes before the layer group of the name, which the normalization is in.
    "encoder": ENCODER,
    '"norm"': NORM,
    "encoder_2/kernel": ["encoder_2/kernel"],
    "kernel": KERNELS,
    "encoder*": ENCODER + ENCODER_2,
    "encoder_?": ENCODER_2,
    "[a-k]*_[!2]*": HEAD,
    "*/moving_*": NORM[2:],
    "norm/**/beta": ["norm/beta"],
    "**/**/beta": ["norm/beta"],
    "re:^encoder/": ENCODER,
    're:"(encoder|norm)/(b|g)"': ["encoder/bias", "norm/gamma", "norm/beta"],
    "re:'s$ | r$'": None,
    "first(1)": ENCODER + NORM,
    "last(2)": ENCODER_2 + HEAD,
    "last(99)": ALL,
    "groups[0]": ENCODER + NORM,
    "groups[-1]": HEAD,
    "groups[1:]": ENCODER_2 + HEAD,
    "groups[ :-1 ]": ENCODER + NORM + ENCODER_2,
    "groups[-2:-1]": ENCODER_2,
    "groups[:]": ALL,
    "groups[3:9]": None,
    "groups[3]": None,
    "~all": None,
    "head & norms": None,
    "~ (head|norms) & biases": ["encoder/bias", "encoder_2/bias"],
    "head | norms & biases | norm/beta": ["norm/beta", *HEAD],
    "~head & ~backbone | ~~norms": NORM,
    "encod": None,
    "ncoder": None,
    "encoder/": None,
    "encoder.": None,
    "Encoder": None,
    "*/*/*": None,
    '"encoder*"': None,
    '""': None,
    '"norms"': None,
    # Quoted, no role, but a layer group.
    '"head"': HEAD,
    "embeddings": None,
}


@pytest.mark.parametrize("pattern", NAMED)
def test_what_a_pattern_names(model, pattern):
    if NAMED[pattern] is None:
        with pytest.raises(NoMatchError, match="Received: "):
            match(model, pattern)
    else:
        assert paths(match(model, pattern)) == [path for path in ALL if path in NAMED[pattern]]


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("enkoder", "Did you mean 'encoder'"),
        ("encoder_2/kernal", "Received: 'encoder_2/kernal'. Did you mean 'encoder_2/kernel'"),
        ("head | nrms", "Received: 'nrms' in 'head | nrms'. Did you mean 'norms'"),
        ("all & ~(head | decodr)", "Received: 'decodr' in"),
        ("hed", "Did you mean 'head'"),
        ("re:^x", "among paths like 'encoder/kernel', 'encoder/bias', 'norm/gamma'"),
        ("groups[7]", "of 3 layer groups"),
        ("head & norms", "whose parts match, but not together"),
    ],
)
def test_every_name_has_to_match_and_the_closest_is_said(model, pattern, hint):
    with pytest.raises(NoMatchError) as caught:
        match(model, pattern)
    assert hint in str(caught.value)
    assert "\n" not in str(caught.value)


def expressions():
    """Patterns and the paths they name, put together at random."""
    atoms = [(text, frozenset(named)) for text, named in NAMED.items() if named]

    def combine(parts):
        return st.one_of(
            st.tuples(parts, parts).map(
                lambda p: (f"({p[0][0]}) | ({p[1][0]})", p[0][1] | p[1][1])
            ),
            st.tuples(parts, parts).map(lambda p: (f"({p[0][0]})&({p[1][0]})", p[0][1] & p[1][1])),
            parts.map(lambda p: (f"~ ({p[0]})", frozenset(ALL) - p[1])),
        )

    return st.recursive(st.sampled_from(atoms), combine, max_leaves=5)


def named(model, pattern):
    """The paths that a pattern names, if any."""
    try:
        return set(paths(match(model, pattern)))
    except NoMatchError:
        return set()


@given(expressions())
@settings(max_examples=40)
def test_operators_are_those_of_sets(model, expression):
    text, expected = expression
    assert named(model, text) == expected


@given(expressions(), expressions())
@settings(max_examples=15)
def test_de_morgan(model, one, other):
    a, b = Pattern(one[0]), Pattern(other[0])
    assert named(model, ~(a | b)) == named(model, ~a & ~b)
    assert named(model, ~(a & b)) == named(model, ~a | ~b)
    assert named(model, ~~a) == named(model, a)


NAMES = st.text("ab_1", min_size=1, max_size=3)


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), NAMES)
@settings(max_examples=25)
def test_a_plain_name_is_a_whole_part(names, wanted):
    dense = [layers.Dense(1, name=name) for name in names]
    model = keras.Sequential([keras.Input((1,)), *dense], name="model")
    expected = {path for path in paths(model.weights) if wanted in path.split("/")}
    assert named(model, wanted) == expected


def test_two_variables_may_have_the_same_path():
    inputs = keras.Input((2,))
    inner = [
        keras.Sequential([keras.Input((2,)), layers.Dense(2, name="same")], name="twin")
        for _ in range(2)
    ]
    model = keras.Sequential([inputs, *(keras.Sequential([twin]) for twin in inner)])
    assert len(match(model, "same")) == 4
    assert len(match(model, "groups[0]")) == len(match(model, "last(1)")) == 2


def test_weights_that_the_head_does_not_use_are_left_out():
    """As in KerasHub's text encoders, whose `pooled_output` no head here takes."""
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=9, num_layers=1, num_heads=2, hidden_dim=8, intermediate_dim=8
    )
    features = backbone(backbone.input)["sequence_output"][:, 0]
    model = keras.Model(backbone.input, layers.Dense(1, name="head_logits")(features))
    assert not any("pooled" in path for path in paths(match(model, "all")))
    assert len(match(model, "head")) == 2
    assert len(match(model, "groups[-1]")) == 2
    with pytest.raises(NoMatchError, match="take no part in what the model computes"):
        match(model, "head | pooled_dense")
    assert find_backbone(model) is backbone
    assert len(match(model, "embeddings")) == 3
    task = keras_hub.models.BertTextClassifier(backbone, num_classes=2, preprocessor=None)
    assert len(match(task, "pooled_dense")) == 2


def test_a_model_without_a_backbone_has_its_last_group_for_a_head():
    model = keras.Sequential(
        [keras.Input((2,)), layers.Dense(3, name="wide"), layers.Dense(1, name="last")], name="m"
    )
    assert paths(match(model, "head")) == ["m/last/kernel", "m/last/bias"]
    assert paths(match(model, "backbone")) == ["m/wide/kernel", "m/wide/bias"]
    assert list(layer_groups(model)) == ["wide", "head"]


def test_an_unbuilt_model_is_an_error():
    with pytest.raises(InputError, match="Build it"):
        match(keras.Sequential([layers.Dense(1)]), "all")
