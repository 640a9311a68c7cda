"""The examples of the guide run, one after the other, as it says."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest

import kerastune

pytestmark = pytest.mark.any_backend

GUIDE = Path(kerastune.__file__).parents[1] / "docs" / "tuning.md"


def test_the_guide_to_tuning(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    keras.utils.set_random_seed(0)
    names: dict = {}
    for block in re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(block, str(GUIDE), "exec"), names)
    assert "frozen" not in capsys.readouterr().out.split("Plan: mine")[0]
    assert set(names["search"].suggestions) == {"valley", "steep", "minimum", "slide"}
    assert (tmp_path / "rates.png").stat().st_size > 10_000
    assert np.isclose(float(names["optimizer"].learning_rate), 1e-4)
