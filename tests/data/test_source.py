import numpy as np
import pytest

from kerastune.data import Column, Source
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


class Lazy:
    """Items that count how often they are read."""

    def __init__(self, size):
        self.size = size
        self.read = []

    def __len__(self):
        return self.size

    def __getitem__(self, position):
        self.read.append(position)
        return f"item {position}"


def two_columns(**changed):
    """A source of ages and names, with a label."""
    values = {"age": np.array([30, 40]), "name": ["a", "b"], "label": np.array([1, 0])}
    columns = {
        "age": Column("number"),
        "name": Column("text"),
        "label": Column("class", class_names=("no", "yes")),
    }
    return Source(**{"values": values, "columns": columns, "targets": ("label",), **changed})


def test_a_sample_is_fetched_by_position():
    source = Source.of(["a", "b"], np.array([1, 0]), class_names=("no", "yes"))
    assert len(source) == 2
    assert source[1] == source[-1] == {"text": "b", "label": 0}
    assert list(source) == [source[0], source[1]]


def test_one_label_a_sample():
    with pytest.raises(InputError, match="Received: {'text': 3, 'label': 2}"):
        Source.of(["a", "b", "c"], np.array([0, 1]))


def test_input_and_label_have_different_names():
    with pytest.raises(InputError, match="two names.* Received: 'text' for both"):
        Source.of(["a"], [1.0], label_name="text")


@pytest.mark.parametrize("inputs", [["a", "b", "c"], np.array([[1.0], [2.0], [3.0]])])
def test_select_keeps_order_kind_and_classes(inputs):
    labels = np.array([0, 1, 0])
    source = Source.of(inputs, labels, class_names=("no", "yes"), name="ours", notes=("one",))
    (name,) = source.inputs
    selected = source.select([2, 0, 2])
    assert type(selected.values[name]) is type(inputs)
    assert list(selected.values[name]) == [inputs[2], inputs[0], inputs[2]]
    assert selected.values["label"].tolist() == [0, 0, 0]
    assert (selected.columns, selected.targets) == (source.columns, ("label",))
    assert selected.columns["label"].class_names == ("no", "yes")
    assert (selected.name, selected.notes) == ("ours", ("one",))


def test_select_reads_lazy_values_only_when_asked():
    lazy = Lazy(5)
    columns = {"text": Column("text"), "label": Column("quantity")}
    source = Source({"text": lazy, "label": np.arange(5)}, columns, ("label",))
    selected = source.select([4, 1]).select(np.array([1]))
    assert lazy.read == []
    assert selected[0] == {"text": "item 1", "label": 1}
    assert lazy.read == [1]


TEXTS = ["a", "b"]
IMAGES = np.zeros((2, 8, 8, 1), "uint8")
ROWS = np.array([[1, 2, 3], [4, 5, 6]])


def source_of(inputs):
    return Source.of(inputs, np.arange(len(inputs)), name="ours")


@pytest.mark.parametrize(
    ("inputs", "column"),
    [
        (TEXTS, Column("text")),
        (IMAGES, Column("image", shape=(8, 8, 1))),
        ([[[[0]]]], Column("image", shape=(1, 1, 1))),
        (ROWS, Column("array", shape=(3,))),
        (ROWS[0], Column("number")),
        ([["a", "b"], ["c"]], Column("tokens")),
    ],
)
def test_inputs_are_named_after_the_kind_that_a_task_needs(inputs, column):
    source = source_of(inputs)
    assert source.input(column.kind) == column.kind
    assert source.values[column.kind] is inputs
    assert source.columns[column.kind] == column


def test_only_the_first_input_is_read_to_tell_the_kind():
    lazy = Lazy(5)
    assert source_of(lazy).values["text"] is lazy
    assert lazy.read == [0]


@pytest.mark.parametrize(
    ("kind", "inputs", "received"),
    [
        ("text", IMAGES, "'image' of kind image (8 x 8 x 1)"),
        ("text", ROWS[0], "'number' of kind number"),
        ("image", TEXTS, "'text' of kind text"),
        ("image", ROWS, "'array' of kind array (3)"),
        ("array", TEXTS, "'text' of kind text"),
        ("array", ROWS[0], "'number' of kind number"),
        ("array", IMAGES, "'image' of kind image (8 x 8 x 1)"),
    ],
)
def test_inputs_of_another_kind(kind, inputs, received):
    with pytest.raises(InputError, match=f"^Expected an input of kind {kind} in ours") as caught:
        source_of(inputs).input(kind)
    message = str(caught.value)
    assert f"Received: inputs {received}. " in message
    assert "\n" not in message


@pytest.mark.parametrize("inputs", [[], [None, "a"], [{"a": 1}], np.array([TEXTS])])
def test_inputs_of_no_kind(inputs):
    with pytest.raises(InputError, match="Expected .* Received: "):
        source_of(inputs)


@pytest.mark.parametrize(
    ("asked", "found", "advice"),
    [("class", "quantity", "a recipe for regression"), ("quantity", "class", "for classification")],
)
def test_targets_of_another_kind(asked, found, advice):
    names = {"quantity": None, "class": ("no", "yes")}[found]
    source = Source.of(TEXTS, [0, 1], class_names=names, name="ours")
    assert source.target(found) == "label"
    message = (
        f"a target of kind {asked} in ours. Received: targets 'label' of kind {found}.*{advice}"
    )
    with pytest.raises(InputError, match=message):
        source.target(asked)


def test_one_of_several_columns_is_found_by_its_kind():
    source = two_columns()
    assert source.inputs == ("age", "name")
    assert (source.input("text"), source.input("number"), source.target("class")) == (
        "name",
        "age",
        "label",
    )
    with pytest.raises(InputError, match="Expected one input of kind text or number"):
        source.input("text", "number")
    with pytest.raises(InputError, match="Received: targets none"):
        source.with_targets().target("class")


def test_target_values_are_those_of_the_only_target_or_a_dictionary():
    source = two_columns()
    assert source.target_values is source.values["label"]
    both = source.with_targets("label", "age").target_values
    assert list(both) == ["label", "age"]
    assert source.with_targets().target_values is None


def test_columns_and_targets_are_replaced():
    source = two_columns().with_column("age", np.array([3.0, 4.0]), Column("quantity"))
    assert source.with_targets("age").target("quantity") == "age"
    assert source.with_targets("age").inputs == ("name", "label")
    with pytest.raises(InputError, match="Did you mean 'label'"):
        source.with_targets("lable")
    with pytest.raises(InputError, match="one value in each for each sample"):
        source.with_column("age", [3.0], Column("quantity"))


@pytest.mark.parametrize(
    ("changed", "received"),
    [
        ({"values": {}}, "no columns"),
        ({"columns": {"age": Column("number")}}, r"descriptions of \['age'\]"),
        ({"targets": ("none",)}, r"targets \['none'\]"),
    ],
)
def test_what_is_no_source(changed, received):
    with pytest.raises(InputError, match=f"Received: .*{received}"):
        two_columns(**changed)
