"""Small real tables that come with libraries, for recipes that work offline."""

import csv
import gzip
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sklearn

from kerastune.data.columns import Column
from kerastune.data.described import NamedData
from kerastune.data.mlxtend_files import mlxtend_file
from kerastune.data.source import Source

_CELLS = [
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
]
_STATISTICS = ("mean {}", "{} error", "worst {}")
_WINE = [
    "alcohol",
    "malic_acid",
    "ash",
    "alcalinity_of_ash",
    "magnesium",
    "total_phenols",
    "flavanoids",
    "nonflavanoid_phenols",
    "proanthocyanins",
    "color_intensity",
    "hue",
    "od280/od315_of_diluted_wines",
    "proline",
]
_DIABETES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
_CARS = ["cylinders", "displacement", "horsepower", "weight", "acceleration", "model_year"]
_ORIGINS = {"1": "USA", "2": "Europe", "3": "Japan"}
_MAKES = [
    "amc",
    "audi",
    "bmw",
    "buick",
    "cadillac",
    "capri",
    "chevroelt",
    "chevrolet",
    "chevy",
    "chrysler",
    "datsun",
    "dodge",
    "fiat",
    "ford",
    "hi",
    "honda",
    "maxda",
    "mazda",
    "mercedes",
    "mercedes-benz",
    "mercury",
    "nissan",
    "oldsmobile",
    "opel",
    "peugeot",
    "plymouth",
    "pontiac",
    "renault",
    "saab",
    "subaru",
    "toyota",
    "toyouta",
    "triumph",
    "vokswagen",
    "volkswagen",
    "volvo",
    "vw",
]


def breast_cancer() -> Source:
    """Returns 569 breast masses, malignant or benign, with 30 measurements of cell nuclei each.

    The "Breast Cancer Wisconsin (Diagnostic)" data of Wolberg, Mangasarian and Street (1995),
    as scikit-learn has them.

    Returns:
        A `Source` with 30 columns of numbers, such as `mean radius`, `radius error` and
        `worst radius`, and the target `diagnosis`.

    Example:

    >>> source = breast_cancer()
    >>> len(source), len(source.inputs), source.columns["diagnosis"].class_names
    (569, 30, ('malignant', 'benign'))
    """
    found = sklearn.datasets.load_breast_cancer()
    return _source("breast_cancer", found.data.T, found.target)


def wine() -> Source:
    """Returns 178 wines of three cultivars of one region, from 13 measurements.

    The "Wine" data of Forina et al., in the UCI repository since 1991, as scikit-learn has
    them.

    Returns:
        A `Source` with 13 columns of numbers and the target `cultivar`.

    Example:

    >>> source = wine()
    >>> len(source), source.columns["cultivar"].class_names
    (178, ('class_0', 'class_1', 'class_2'))
    """
    found = sklearn.datasets.load_wine()
    return _source("wine", found.data.T, found.target)


def diabetes_table() -> Source:
    """Returns the progression of diabetes in 442 patients, and ten measurements of each.

    The data of Efron et al., "Least Angle Regression" (2004), in their own units; `sex` is a
    category, whose values the authors call 1 and 2.

    Returns:
        A `Source` with nine columns of numbers, one category, and the target `progression`.

    Example:

    >>> source = diabetes_table()
    >>> len(source), source.columns["sex"].class_names, source[0]["progression"]
    (442, ('1', '2'), np.float64(151.0))
    """
    features, progression = sklearn.datasets.load_diabetes(return_X_y=True, scaled=False)
    values: list[Any] = list(features.T)
    values[_DIABETES.index("sex")] = [str(int(code)) for code in features.T[1]]
    return _source("diabetes_table", values, progression)


def autompg() -> Source:
    """Returns the fuel consumption of 392 cars of the years 1970 to 1982, in miles per gallon.

    The "Auto MPG" data of Quinlan (1993), from the UCI repository, as they lie in the package
    mlxtend, without the six cars whose power is not known. `make` is the first word of the
    car's name, with the spellings that are there, such as `chevroelt`; the rest of the name,
    almost another one for each car, is left out.

    Returns:
        A `Source` with six columns of numbers, the categories `origin` and `make`, and the
        target `mpg`.

    Raises:
        MissingExtraError: if mlxtend is not installed.

    Example:

    >>> source = autompg()
    >>> len(source), source[0]["make"], source[0]["mpg"]
    (392, 'chevrolet', np.float64(18.0))
    """
    path = mlxtend_file("autompg.csv.gz", "autompg", "tables")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    columns = list(zip(*rows, strict=True))
    values: list[Any] = [np.array(column, "float64") for column in columns[: len(_CARS)]]
    values.append([_ORIGINS[code] for code in columns[len(_CARS)]])
    values.append([name.split()[0] for name in columns[len(_CARS) + 1]])
    return _source("autompg", values, np.array(columns[-1], "float64"))


def _numbers(names: Sequence[str]) -> dict[str, Column]:
    return dict.fromkeys(names, Column("number"))


NAMED_TABLES: dict[str, NamedData] = {
    "autompg": NamedData(
        autompg,
        {
            **_numbers(_CARS),
            "origin": Column("category", class_names=tuple(_ORIGINS.values())),
            "make": Column("category", class_names=tuple(_MAKES)),
            "mpg": Column("quantity"),
        },
        ("mpg",),
    ),
    "breast_cancer": NamedData(
        breast_cancer,
        {
            **_numbers([each.format(cell) for each in _STATISTICS for cell in _CELLS]),
            "diagnosis": Column("class", class_names=("malignant", "benign")),
        },
        ("diagnosis",),
    ),
    "diabetes_table": NamedData(
        diabetes_table,
        {
            **_numbers(_DIABETES),
            "sex": Column("category", class_names=("1", "2")),
            "progression": Column("quantity"),
        },
        ("progression",),
    ),
    "wine": NamedData(
        wine,
        {
            **_numbers(_WINE),
            "cultivar": Column("class", class_names=("class_0", "class_1", "class_2")),
        },
        ("cultivar",),
    ),
}
"""The tables that come with libraries, by name."""


def _source(name: str, inputs: Sequence[Any], target: np.ndarray) -> Source:
    """Returns a named table, whose columns are in the order of their descriptions."""
    described: Mapping[str, Column] = NAMED_TABLES[name].columns
    values = dict(zip(described, [*inputs, target], strict=True))
    return Source(values, described, NAMED_TABLES[name].targets, name)
