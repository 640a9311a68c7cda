import sys
import textwrap

import pytest

from kerastune.backends import is_abstract
from kerastune.errors import InputError
from kerastune.params.sources.open import open_model

pytestmark = pytest.mark.any_backend

CODE = """
    import keras
    import mine_too

    class Lazy(keras.Model):
        def __init__(self):
            super().__init__()
            self.first = keras.layers.Dense(3)
            self.second = keras.layers.Dense(2)

        def call(self, inputs):
            return self.second(self.first(inputs))

    class TwoInputs(Lazy):
        def call(self, inputs):
            return self.second(self.first(inputs["a"] + inputs["b"]))

    class Broken(Lazy):
        def call(self, inputs):
            raise ValueError("no call today")

    def small():
        return keras.Sequential([keras.Input((4,)), keras.layers.Dense(mine_too.WIDTH)])

    def huge():
        return keras.Sequential([keras.Input((10**6,)), keras.layers.Dense(10**6)])

    def frozen_part():
        model = small()
        model.layers[0].trainable = False
        return model

    def lazy(): return Lazy()
    def sequential(): return keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(2)])
    def two_inputs(): return TwoInputs()
    def broken(): return Broken()

    def built_in_vain():
        model = Lazy()
        with __import__("warnings").catch_warnings(action="ignore"):
            model.build((None, 4))
        return model

    def stateful():
        inputs = keras.Input((5, 3), batch_size=2)
        return keras.Sequential([inputs, keras.layers.LSTM(2, stateful=True)])

    def raises(): raise RuntimeError("the first line\\nand a second")
    def raises_without_words(): raise KeyError
    def quits(): raise SystemExit(3)
    def number(): return 3
    def layer(): return keras.layers.Dense(3)
    def wants(argument): return small()
    constant = 5
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(textwrap.dedent(CODE))
    (tmp_path / "mine_too.py").write_text("WIDTH = 3")
    (tmp_path / "unreadable.py").write_text("def build(:\n")
    (tmp_path / "exits.py").write_text("raise SystemExit('bye')")
    (tmp_path / "raises.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    # Other tests import files of that name too.
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    yield tmp_path
    for name in ("mine", "mine_too", "_counted_mine"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("where", ["mine", "mine.py", "./mine.py"])
def test_a_function_is_found_by_module_and_by_file(where):
    before = list(sys.path)
    count = open_model(f"{where}:small")
    assert (count.name, count.parameters) == (f"{where}:small", 15)
    assert is_abstract(count.model)
    assert sys.path == before


def test_a_file_is_found_from_another_directory(folder, monkeypatch):
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    assert open_model(f"{folder}/mine.py:small").parameters == 15


def test_a_model_of_any_size_is_counted():
    assert open_model("mine.py:huge").parameters == 10**12 + 10**6


def test_what_is_frozen_is_told_apart():
    assert open_model("mine:frozen_part").by_kind()["frozen"] == 15


@pytest.mark.parametrize("name", ["lazy", "sequential", "built_in_vain"])
@pytest.mark.parametrize("shapes", [(4,), [(4,)], [[4]], (7, 4)])
def test_a_model_that_waits_for_its_inputs_takes_their_shapes(name, shapes):
    assert open_model(f"mine:{name}", input_shapes=shapes).parameters == 4 * 3 + 3 + 3 * 2 + 2


def test_inputs_can_have_names():
    shapes = {"a": (4,), "b": (4,)}
    assert open_model("mine:two_inputs", input_shapes=shapes).parameters == 4 * 3 + 3 + 3 * 2 + 2


@pytest.mark.parametrize("name", ["lazy", "sequential", "built_in_vain"])
def test_a_model_without_weights_is_not_counted_as_nothing(name):
    with pytest.raises(InputError, match="shapes of its inputs"):
        open_model(f"mine:{name}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mine:raises", "'mine:raises': the first line"),
        ("mine:raises_without_words", "KeyError"),
        ("mine:quits", "exited with 3"),
        ("mine:number", "returned a value of type int"),
        ("mine:layer", "returned a value of type Dense"),
        ("mine:wants", "argument"),
        ("mine:constant", "no function 'constant'"),
        ("mine:smal", "Did you mean 'small'"),
        ("mine:", "no function ''"),
        (":small", "ValueError"),
        ("missing:build", "No module named 'missing'"),
        ("missing.py:build", "'missing.py', which is not there"),
        ("unreadable.py:build", "SyntaxError"),
        ("exits.py:build", "SystemExit: bye"),
        ("raises:build", "ZeroDivisionError"),
    ],
)
def test_bad_input_is_one_line(text, said):
    with pytest.raises(InputError, match="Received") as error:
        open_model(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_error_inside_a_layer_is_told_with_its_cause():
    with pytest.raises(InputError, match=r"Broken\.call\(\).*no call today") as error:
        open_model("mine:broken", input_shapes=(4,))
    assert "\n" not in str(error.value)
