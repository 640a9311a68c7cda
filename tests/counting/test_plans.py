"""Plans are read from text, and what they would train and take is counted."""

from math import prod

import keras
import keras_hub
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from kerastune.backends import build_abstract, nested_layers
from kerastune.counting import ModelCount, count_model
from kerastune.counting.memory.training import training_memory
from kerastune.counting.plans.comparison import compare_plans
from kerastune.counting.plans.plan_count import count_plan
from kerastune.counting.plans.plan_text import read_plan, split_plans
from kerastune.errors import InputError
from kerastune.tuning import PLANS, LoRA, NoMatchError, Plan, Stage, add_adapters, train_only

pytestmark = pytest.mark.first_backend

any_backend = pytest.mark.any_backend

# Texts without commas of their own, and ways to put one where it parts nothing.
words = st.text(st.sampled_from("ab_*/|& 8:~"), min_size=1).filter(str.strip)
guarded = st.recursive(
    words,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"f({','.join(parts)})"),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"g[{','.join(parts)}]"),
        words.map(lambda word: f'"{word},)("'),
        words.map(lambda word: f"'{word},[\"'"),
    ),
    max_leaves=5,
)


@any_backend
@settings(max_examples=100)
@given(st.lists(guarded, min_size=1, max_size=4))
def test_commas_part_plans_unless_they_are_guarded(plans):
    assert split_plans(",".join(plans)) == [plan.strip() for plan in plans]


@any_backend
@settings(max_examples=100)
@given(st.text(st.sampled_from("a,()[]'\" "), max_size=12))
def test_a_text_is_split_without_loss_or_refused(text):
    try:
        plans = split_plans(text)
    except InputError:
        event("refused")
        return
    assert ",".join(plans).replace(" ", "") == text.replace(" ", "")
    # What is opened within a plan is closed within it, so each is split from itself alone.
    assert [split_plans(plan) for plan in plans] == [[plan] for plan in plans]


@any_backend
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "with commas between them"),
        ("full,,head_only", "with commas between them"),
        ("full,", "with commas between them"),
        ("last(2", r"balanced brackets.* without '\)' at its end"),
        ("full,last 2)", r"an unbalanced '\)' at character 12"),
        ("groups[2)", r"an unbalanced '\)' at character 9"),
        ('lora(8,"query)', "balanced brackets and quotes.* without '\"' at its end"),
    ],
)
def test_what_is_not_closed_or_empty_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        split_plans(text)


@any_backend
@pytest.mark.parametrize(
    ("text", "rank", "layers"),
    [
        ("lora(8)", 8, None),
        (" lora( 16 ) ", 16, None),
        ("lora(4, query|value)", 4, "query|value"),
        ('lora(4,"query | value")', 4, "query | value"),
        ("lora(4, 're:\"a,b\"')", 4, 're:"a,b"'),
        ("lora(4, (query | key) & kernels)", 4, "(query | key) & kernels"),
        ("lora(4, \"query\" | 'key')", 4, "\"query\" | 'key'"),
    ],
)
def test_adapters_have_a_rank_and_perhaps_layers(text, rank, layers):
    (choice,) = read_plan(text)
    adapters = choice.stage.adapters
    assert (adapters.rank, adapters.targets) == (rank, layers)
    assert choice.name == text.strip()


@any_backend
@pytest.mark.parametrize(
    "text", ["lora()", "lora(0)", "lora(-1)", "lora(2.0)", "lora(r)", "lora(8", "lora(²)"]
)
def test_a_rank_is_a_whole_number(text):
    with pytest.raises(InputError, match="with a rank that is a whole number from 1"):
        read_plan(text)


@any_backend
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lora(8, )", "Expected a name, a role"),
        ("lora(8, query |)", "Expected a name, a role"),
        ("lara(8)", "Did you mean 'lora'"),
        ("head_only()", "Did you mean 'head_only'"),
        ("last(0)", "a number of layer groups from 1"),
        ("norms |", "Expected a name, a role"),
        ("nowhere.yaml", "Expected a plan in 'nowhere.yaml'"),
    ],
)
def test_what_is_no_plan_is_refused(text, message):
    with pytest.raises(InputError, match=message) as caught:
        read_plan(text)
    assert "\n" not in str(caught.value)


@any_backend
def test_every_named_plan_shows_all_that_it_ever_trains():
    for name in PLANS:
        choices = read_plan(name)
        assert {choice.plan for choice in choices} == {name}
        assert len({choice.name for choice in choices}) == len(choices)
    names = [choice.name for choice in read_plan("gradual_unfreezing")]
    assert names == [
        f"gradual_unfreezing: {stage}" for stage in ("last 1", "last 2", "last 3", "all")
    ]
    assert read_plan("gradient_descent")[0].stage.optimizer == "momentum"
    assert read_plan("last(2)")[0].stage.optimizer == "adamw"
    assert read_plan("pruned(0.9)")[0].stage.pruning.sparsity == 0.9
    assert read_plan("linear_probe_then_last(2)")[1].stage.trainable == "last(2)"


@any_backend
def test_a_plan_in_a_file_brings_its_settings(tmp_path):
    stages = [
        Stage("probe", 1, 0.1, "head", optimizer="momentum", dropout="off"),
        Stage("rest", 1, 0.1, batch_norm="affine"),
    ]
    path = tmp_path / "plan.yaml"
    path.write_text(Plan("mine", stages).to_yaml())
    probe, rest = read_plan(str(path))
    assert (probe.name, probe.stage.trainable) == (f"{path}: probe", "head")
    assert (probe.stage.optimizer, probe.stage.dropout) == ("momentum", "off")
    assert rest.stage.batch_norm == "affine"


def bert(name="bert"):
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=30, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16,
        max_sequence_length=12, name="backbone",
    )  # fmt: skip
    features = backbone(backbone.input)["sequence_output"][:, 0]
    return keras.Model(backbone.inputs, keras.layers.Dense(3, name="logits")(features), name=name)


def convolutional(name="convolutional"):
    body = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3, name="conv"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.GlobalAveragePooling2D(),
        ],
        name="body",
    )
    x = keras.Input((8, 8, 3))
    return keras.Model(x, keras.layers.Dense(2, name="logits")(body(x)), name=name)


ADAPTERS = ("lora", "linear_probe_then_lora", "lora_plus", "dora", "ia3", "bottleneck")
ADAPTERS += ("prefix_tuning",)
MODELS = {"bert": bert, "convolutional": convolutional}
SHAPES = {"bert": {"token_ids": (12,), "segment_ids": (12,), "padding_mask": (12,)}}


def flags(model):
    parts = [model, *nested_layers(model), *model.weights]
    return [part.trainable for part in parts]


def named(table):
    return {row["plan"]: row for row in table.to_dict()["rows"]}


@pytest.mark.parametrize("name", MODELS)
def test_kinds_add_up_and_the_model_stays_as_it_is(name):
    model = build_abstract(MODELS[name])
    train_only(model, "last(1)", dropout="off")
    before, flags_before = count_model(model), flags(model)
    # Of 64 rows, as `miss` takes them, the kernels of these models have none.
    plans = [
        *(one for one in PLANS if one != "miss"),
        "backbone",
        "last(2)",
        "norms | head",
        "lora(2, 'kernels')",
    ]
    for text in plans if name == "bert" else [one for one in plans if one not in ADAPTERS]:
        for choice in read_plan(text):
            counted = count_plan(model, choice)
            # DoRA keeps the lengths of the columns of kernels.
            state = counted.by_kind["state"] - before.by_kind()["state"]
            added = counted.by_kind["adapter"] + state
            assert sum(counted.by_kind.values()) == before.parameters + added
            assert (state > 0) == (text == "dora")
            assert (counted.by_kind["adapter"] > 0) == (choice.stage.adapters is not None)
            assert 0 < counted.share <= 1
            assert flags(model) == flags_before
    with pytest.raises(NoMatchError):
        compare_plans(model, ["full", "lora(2, nothing_like_it)"])
    assert flags(model) == flags_before
    assert count_model(model) == before


@pytest.mark.parametrize("name", MODELS)
def test_a_plan_trains_what_it_trains_in_tuning(name):
    model = MODELS[name]()
    rows = named(compare_plans(build_abstract(MODELS[name]), "full,head_only,norms_only,last(2)"))
    patterns = {"full": "all", "head_only": "head", "norms_only": "norms | head"}
    for plan, row in rows.items():
        train_only(model, patterns.get(plan, plan))
        sizes = [prod(weight.shape) for weight in model.trainable_variables]
        assert row["trainable"] == sum(sizes)
        # AdamW has two slots of the size of each gradient.
        assert (row["gradients"], row["optimizer"]) == (4 * sum(sizes), 8 * sum(sizes))
        assert row["share"] == sum(sizes) / count_model(model).parameters


@any_backend
def test_the_numbers_of_a_small_model():
    """The weights: 112 of conv, 8 that train and 8 statistics of norm, 10 of logits."""
    rows = named(compare_plans(convolutional(), "full,head_only,biases_only,lora(2, conv)"))
    assert {plan: row["trainable"] for plan, row in rows.items()} == {
        "full": 130,
        "head_only": 10,
        "biases_only": 14,
        # 3 × 3 × 3 × 2 + 2 × 4, and the head.
        "lora(2, conv)": 72,
    }
    assert rows["full"]["memory"] == 4 * (138 + 130 + 2 * 130)
    assert rows["head_only"]["memory"] == 4 * (138 + 10 + 2 * 10)
    # No copy of the kernel: the product of the adapters is not added to it.
    assert rows["lora(2, conv)"]["memory"] == 4 * (138 + 62 + 72 + 2 * 72)


def with_adapters(model, rank, pattern):
    """A model in which nothing but adapters and the head trains."""
    add_adapters(model, LoRA(rank=rank, targets=pattern))
    train_only(model, "head | adapters")
    return model


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "momentum", "adafactor", "lion"])
def test_adapters_take_what_they_take_in_a_model_that_has_them(optimizer):
    counted = count_plan(
        build_abstract(bert), read_plan("lora(2)")[0], optimizer=optimizer, batch_size=None
    )
    model = with_adapters(bert(), 2, "query | value")
    made = training_memory(model, optimizer=optimizer, batch_size=None)
    memory = counted.memory
    assert (memory.weights, memory.gradients, memory.slots) == (
        made.weights,
        made.gradients,
        made.slots,
    )
    assert counted.by_kind == count_model(model).by_kind()


@pytest.fixture
def policy(request):
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(former)


@pytest.mark.parametrize(
    "policy",
    ["float32", pytest.param("bfloat16", marks=pytest.mark.any_backend)],
    indirect=True,
)
@pytest.mark.parametrize(
    ("name", "pattern"), [("bert", "query | value"), ("bert", "kernels"), ("convolutional", "conv")]
)
def test_adapters_keep_what_they_keep_in_a_model_that_has_them(policy, name, pattern):
    options = {"batch_size": 4, "input_shapes": SHAPES.get(name)}
    (choice,) = read_plan(f"lora(2, {pattern})")
    counted = count_plan(build_abstract(MODELS[name]), choice, **options).memory
    made = training_memory(with_adapters(MODELS[name](), 2, pattern), **options)
    assert counted == made


@any_backend
def test_mixed_precision_casts_the_adapters():
    model, pattern = build_abstract(convolutional), "lora(2, conv)"
    (choice,) = read_plan(pattern)
    mixed = count_plan(model, choice, precision="mixed_bfloat16").memory
    # Logits 8 + 2, and the 62 of the adapters. Batch normalization casts none, and the copies of
    # the convolution are not needed in the backward pass, which ends at its adapter.
    assert mixed.compute_copies == 2 * (8 + 2 + 62)
    assert mixed.weights == 4 * (138 + 62)


@any_backend
def test_each_stage_has_a_row_and_each_plan_its_optimizer(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(Plan("mine", [Stage("all", 1, 0.1, optimizer="lion")]).to_yaml())
    plans = ["linear_probe_then_fine_tune", "gradient_descent", str(path)]
    table = compare_plans(convolutional(), plans)
    rows = named(table)
    assert list(rows) == [
        "linear_probe_then_fine_tune: linear probe",
        "linear_probe_then_fine_tune: fine-tune",
        "gradient_descent",
        str(path),
    ]
    assert [row["optimizer"] // 4 for row in rows.values()] == [20, 260, 130, 130]
    assert table.title == "Plans for convolutional, adamw"
    assert table.notes[:2] == (
        "optimizer of gradient_descent: momentum",
        f"optimizer of {path}: lion",
    )
    given = compare_plans(convolutional(), plans, optimizer="sgd")
    assert {row["optimizer"] for row in given.to_dict()["rows"]} == {0}
    assert given.title == "Plans for convolutional, sgd"


@any_backend
def test_activations_are_counted_where_there_is_a_batch():
    model = build_abstract(convolutional)
    without = named(compare_plans(model, "full,head_only"))
    rows = named(compare_plans(model, "full,head_only", batch_size=4))
    assert "activations" not in without["full"]
    assert rows["full"]["activations"] > rows["head_only"]["activations"] > 0
    for plan, row in rows.items():
        assert row["memory"] >= without[plan]["memory"] + row["activations"]
    memory = count_plan(model, read_plan("full")[0], batch_size=4).memory
    assert (rows["full"]["activations"], rows["full"]["memory"]) == (
        memory.activations,
        memory.total,
    )


@any_backend
def test_activations_beside_quantized_kernels_are_not_known():
    x = keras.Input((4,))
    dense = keras.layers.Dense(4, name="query")
    model = keras.Model(x, dense(x))
    dense.quantize("int8")
    row = named(compare_plans(model, "lora(2)", batch_size=4))["lora(2)"]
    assert (row["trainable"], row["activations"]) == (16, None)


@any_backend
def test_notes_tell_what_has_adapters():
    table = compare_plans(build_abstract(bert), "lora(2)")
    # Features × rank and rank × features, four times, and logits of 8 × 3 + 3.
    told = "lora(2): lora beside 4 layers, 128 parameters, and 27 of other weights train"
    assert told in table.notes
    with pytest.raises(InputError, match="PositionEmbedding is no layer with one kernel"):
        compare_plans(build_abstract(bert), "lora(2, all)")


@any_backend
def test_a_backbone_alone_has_no_head_that_trains_beside_adapters():
    model = build_abstract(lambda: bert().get_layer("backbone"))
    assert named(compare_plans(model, "lora(2)"))["lora(2)"]["trainable"] == 128


@any_backend
@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("ful", "Received: 'ful'. Did you mean 'full'"),
        ("headonly", "Did you mean 'head_only'"),
        ("lara", "Did you mean 'lora'"),
        ("logit", "Did you mean 'logits'"),
        ("lora(8, biases)", "which names none. It has conv, logits"),
        ("lora(8, con)", "Did you mean 'conv'"),
    ],
)
def test_what_does_not_fit_the_model_is_refused(plan, message):
    with pytest.raises(InputError, match=message) as caught:
        compare_plans(convolutional(), [plan])
    assert "\n" not in str(caught.value)


@any_backend
def test_a_named_plan_that_does_not_fit_is_refused():
    model = keras_hub.models.GPT2Backbone(
        vocabulary_size=30, num_layers=1, num_heads=2, hidden_dim=8, intermediate_dim=16
    )
    only = keras.Model(model.inputs, model.get_layer("transformer_layer_0").output, name="cut")
    with pytest.raises(InputError, match="'head_only', which trains 'head', of which"):
        compare_plans(only, ["full", "head_only"])


@any_backend
@pytest.mark.parametrize("plans", [[], ""])
def test_there_is_something_to_compare(plans):
    with pytest.raises(InputError, match="Expected"):
        compare_plans(convolutional(), plans)


@any_backend
def test_weights_alone_are_not_enough():
    count = count_model(convolutional())
    with pytest.raises(InputError, match="Expected a model whose layers are known"):
        compare_plans(ModelCount("file", count.weights), "full")
    assert compare_plans(count, "full").rows[0][1] == 130
