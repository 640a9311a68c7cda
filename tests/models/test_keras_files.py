"""Which modules the configuration of a model makes this library import."""

import importlib

import pytest

from kerastune.models.keras_files import import_classes

pytestmark = pytest.mark.any_backend


@pytest.fixture
def imported(monkeypatch):
    names = []
    monkeypatch.setattr(importlib, "import_module", names.append)
    return names


def layer(module):
    return {"module": module, "class_name": "Any", "config": {}, "registered_name": "kerastune>Any"}


def test_the_rooms_of_layers_are_imported_by_name(imported):
    inner = [layer(name) for name in ("kerastune.models.wavenet", "kerastune.heads.ctc_loss")]
    outer = {"module": "keras.models", "class_name": "Functional", "config": {"layers": inner}}
    import_classes(outer)
    assert imported == ["kerastune.heads.ctc_loss", "kerastune.models.wavenet"]


@pytest.mark.parametrize(
    "module",
    [
        "os",
        "kerastune.__main__",
        "kerastune.heads",
        "kerastune.heads..ctc_loss",
        "kerastune.commands.run",
        "kerastune.models.of_a_later_version",
        "kerastune.models.wavenet.inner",
        "kerastune.recipes.mlp",
    ],
)
def test_no_other_module_is(imported, module):
    import_classes(layer(module))
    assert imported == []
