import json
import math
from datetime import datetime, timedelta

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from kerastune.data import Column, Source, Splits, open_data, open_table, split
from kerastune.errors import InputError
from kerastune.preprocessing import TablePreprocessor, load_preprocessor

pytestmark = pytest.mark.any_backend

START = datetime(2024, 1, 1)
ROWS = {
    "age": [20.0, 40.0, None, 60.0],
    "rooms": [1, 2, 3, 4],
    "city": ["Bonn", "Rome", None, "Bonn"],
    "day": [START, START + timedelta(days=10), None, START + timedelta(days=40)],
    "won": ["no", "yes", "yes", "no"],
}


def fitted(rows=None, **options):
    return TablePreprocessor(**options).fit(open_table(rows or ROWS, target="won"))


def test_numbers_are_standardised_and_missing_ones_marked():
    arrays = fitted(dict(list(ROWS.items())[:2]) | {"won": ROWS["won"]})(ROWS)
    assert arrays["numbers"].dtype == "float32"
    scaled = math.sqrt(3 / 2)
    np.testing.assert_allclose(
        arrays["numbers"][:, :2], [[-scaled, 0], [0, 0], [0, 1], [scaled, 0]], atol=1e-6
    )
    expected = StandardScaler().fit_transform(np.array(ROWS["rooms"])[:, None])
    np.testing.assert_allclose(arrays["numbers"][:, 2:], expected, atol=1e-6)
    assert "categories" not in arrays


def test_a_missing_number_without_a_mark_is_the_mean():
    preprocessor = fitted()
    values = preprocessor(
        {"age": [20], "rooms": [math.nan], "city": ["Rome"], "day": ["2024-01-11"]}
    )
    assert values["numbers"].shape == (1, preprocessor.number_width)
    assert values["numbers"][0, 2] == 0


def test_robust_scaling():
    numbers = [*range(1, 6), 1e6]
    rows = {"size": numbers, "won": ["no", "yes"] * 3}
    scaled = fitted(rows, scaling="robust")(rows)["numbers"][:, 0]
    # Median 3.5, quartiles 2.25 and 4.75 (NumPy's).
    middle, low, high = (np.quantile(numbers, q) for q in (0.5, 0.25, 0.75))
    distance = (np.array(numbers) - middle) / (high - low)
    np.testing.assert_allclose(scaled, distance / np.sqrt(1 + (distance / 3) ** 2), rtol=1e-6)
    assert scaled.max() <= 3


def test_a_number_that_varies_in_the_rest_only_keeps_its_unit():
    source = open_table({"size": [5, 5, 7], "won": [0, 1, 1]}, target="won")
    preprocessor = TablePreprocessor().fit(source.select([0, 1]))
    assert preprocessor({"size": [7]})["numbers"].tolist() == [[2]]
    robust = TablePreprocessor("robust").fit(source.select([0, 1]))
    assert robust({"size": [5]})["numbers"].tolist() == [[0]]


def test_huge_numbers_stay_finite():
    rows = {"size": [-1e308, 0, 1e308], "won": [0, 1, 1]}
    numbers = fitted(rows)(rows)["numbers"]
    np.testing.assert_allclose(numbers[:, 0], [-math.sqrt(1.5), 0, math.sqrt(1.5)], rtol=1e-6)
    small = fitted({"size": [1.0, 2.0, 3.0], "won": [0, 1, 1]})
    with pytest.raises(InputError, match="near 2 in column 'size'.* Received: 1e[+]300 in row 2"):
        small({"size": [1, 1e300]})


def test_categories_have_codes_by_frequency():
    cities = ["Rome"] * 2 + ["Bonn"] * 3 + ["Oslo"] * 2 + ["Kyiv", None]
    rows = {"city": cities, "won": [0, 1, 1, 0, 1, 0, 1, 0, 1]}
    preprocessor = fitted(rows, min_category_count=2)
    arrays = preprocessor({"city": ["Bonn", "Oslo", "Rome", "Kyiv", "Lima", None, ""]})
    assert arrays["categories"].dtype == "int32"
    assert arrays["categories"].tolist() == [[2], [3], [4], [1], [1], [0], [0]]
    assert preprocessor.category_sizes == (5,)
    assert preprocessor.number_width == 0
    assert "numbers" not in arrays


def test_categories_that_are_known_have_a_place_each():
    source = Source(
        {"city": ["Bonn"] * 5 + ["Rome"], "won": np.array([0, 1, 0, 1, 0, 1])},
        {
            "city": Column("category", class_names=("Oslo", "Rome", "Bonn")),
            "won": Column("class", class_names=("no", "yes")),
        },
        ("won",),
    )
    preprocessor = TablePreprocessor(min_category_count=2).fit(source)
    assert preprocessor.category_sizes == (5,)
    assert preprocessor({"city": ["Bonn", "Rome", "Oslo"]})["categories"].tolist() == [
        [4],
        [1],
        [1],
    ]


def test_dates_are_days_and_the_cycles_that_vary():
    preprocessor = fitted()
    (column,) = (found for found in preprocessor.fitted if found.name == "day")
    assert column.cycles == ("month", "weekday")
    # Days 0, 10 and 40 have the median 10.
    deviation = np.std([0, 10, 40])
    day, marked, *cycles = column(["2024-01-11", None, "2024-01-31T12:00"]).T
    np.testing.assert_allclose(day, [0, 0, 20.5 / deviation])
    assert marked.tolist() == [0, 1, 0]
    sine, cosine = cycles[2:]
    # Thursday is day 3 of 7, counted from 0.
    assert sine[0] == pytest.approx(math.sin(2 * math.pi * 3 / 7))
    assert cosine[0] == pytest.approx(math.cos(2 * math.pi * 3 / 7))
    assert [values[1] for values in cycles] == [0, 0, 0, 0]


def test_hours_where_dates_have_them():
    times = [START + timedelta(hours=6 * step) for step in range(4)]
    (column,) = fitted({"at": times, "won": [0, 1, 0, 1]}).fitted
    assert column.cycles == ("hour",)
    np.testing.assert_allclose(column(times)[:, 1:], [[0, 1], [1, 0], [0, -1], [-1, 0]], atol=1e-12)


def test_inputs_in_any_form(tmp_path):
    preprocessor = fitted()
    inputs = {name: values for name, values in ROWS.items() if name != "won"}
    expected = preprocessor(inputs)
    source = open_table(ROWS, target="won")
    path = tmp_path / "rows.csv"
    path.write_text(
        "won,city,age,rooms,day\n,Bonn,20,1,2024-01-01\n,Rome,40,2,2024-01-11\n,,,3,\n"
        ",Bonn,60,4,2024-02-10\n"
    )
    for given_inputs in (source, [source[row] for row in range(4)], str(path)):
        found = preprocessor(given_inputs)
        for name, array in expected.items():
            np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"age": None}, "Expected a column 'age'"),
        ({"age": ["young"]}, "Expected numbers in column 'age'. Received: 'young' in row 1"),
        ({"age": [math.inf]}, "Expected finite numbers in column 'age'"),
        ({"city": [["Bonn"]]}, "in column 'city'. Received: ['Bonn'] in row 1"),
        ({"day": ["soon"]}, "in column 'day'. Received: 'soon' in row 1"),
        ({"day": [5]}, "in column 'day'. Received: 5 in row 1"),
    ],
)
def test_bad_inputs(change, expected):
    inputs = {"age": [1], "rooms": [1], "city": ["Bonn"], "day": ["2024-01-01"], **change}
    with pytest.raises(InputError) as caught:
        fitted()({name: values for name, values in inputs.items() if values is not None})
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_text_in_a_batch_of_numbers_is_refused():
    with pytest.raises(InputError, match="column 'rooms'. Received: 'two' in row 2"):
        fitted({"rooms": [1, 2], "won": [0, 1]}).prepare({"rooms": [1, "two"]})


@pytest.mark.parametrize(
    ("options", "expected"),
    [({"scaling": "log"}, "standard, robust"), ({"min_category_count": 0}, "at least 1")],
)
def test_bad_options(options, expected):
    with pytest.raises(InputError, match=expected):
        TablePreprocessor(**options)


def test_columns_that_cannot_be_learned_from():
    source = open_table({"age": [1, None, 3], "won": [0, 1, 1]}, target="won")
    with pytest.raises(InputError, match="Expected numbers in column 'age' .* 1 missing values"):
        TablePreprocessor().fit(source.select([1]))
    with pytest.raises(InputError, match="'image' of kind image"):
        TablePreprocessor().fit(open_data("digits"))


def test_notes_on_what_has_no_place_of_its_own():
    source = open_table(ROWS, target="won")
    part = source.select([0, 1])
    splits = Splits(part, source)
    noted = TablePreprocessor().fit(part).noted(splits)
    assert noted.training.notes[len(part.notes) :] == (
        "training: categories with fewer than 5 training samples, which share a code: 'city' (2)",
    )
    assert noted.test.notes[len(source.notes) :] == (
        "test: categories with fewer than 5 training samples, which share a code: 'city' (3)",
        "test: missing values in columns that have none in training: 'age' (1), 'city' (1), "
        "'day' (1)",
    )


NUMBERS = st.lists(
    st.none() | st.floats(-1e30, 1e30) | st.integers(-(10**6), 10**6), min_size=2, max_size=9
)
CATEGORIES = st.none() | st.text(max_size=3) | st.integers(0, 9) | st.booleans()
DATES = st.none() | st.datetimes()


@given(st.data())
@settings(max_examples=100)
def test_width_and_values_are_the_same_after_a_reload(tmp_path_factory, drawn):
    """Whatever was empty, new or missing, in training or after it."""
    numbers = drawn.draw(NUMBERS.filter(lambda values: any(v is not None for v in values)))
    size = len(numbers)
    categories = drawn.draw(st.lists(CATEGORIES, min_size=size, max_size=size))
    dates = drawn.draw(st.lists(DATES, min_size=size, max_size=size).filter(any))
    columns = {"x": Column("number"), "c": Column("category"), "d": Column("date")}
    source = Source({"x": numbers, "c": categories, "d": dates}, columns)
    preprocessor = TablePreprocessor(
        drawn.draw(st.sampled_from(["standard", "robust"])), drawn.draw(st.integers(1, 3))
    ).fit(source)
    folder = tmp_path_factory.mktemp("saved")
    preprocessor.save(folder)
    loaded = load_preprocessor(folder)
    assert loaded.get_config() == preprocessor.get_config()
    rows = drawn.draw(
        st.lists(st.tuples(st.none() | st.floats(-1e30, 1e30), CATEGORIES, DATES), min_size=1)
    )
    inputs = {name: [row[place] for row in rows] for place, name in enumerate(columns)}
    try:
        arrays = preprocessor.prepare(inputs)
    except InputError as error:
        # Beyond what a float32 holds, if those of training are near each other.
        assert "Expected numbers near" in str(error)  # noqa: PT017
        return
    again = loaded.prepare(inputs)
    assert sorted(arrays) == sorted(again) == ["categories", "numbers"]
    for name in arrays:
        np.testing.assert_array_equal(arrays[name], again[name])
    assert arrays["numbers"].shape == (len(rows), loaded.number_width)
    assert np.isfinite(arrays["numbers"]).all()
    (most,) = loaded.category_sizes
    assert 0 <= arrays["categories"].min() <= arrays["categories"].max() < most


def test_a_saved_preprocessor_is_plain_json(tmp_path):
    preprocessor = fitted()
    preprocessor.save(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["class.json"]
    saved = json.loads((tmp_path / "class.json").read_text())
    assert saved["registered_name"] == "kerastune>TablePreprocessor"
    again = keras.saving.deserialize_keras_object(saved)
    assert again.columns == ("age", "rooms", "city", "day")


def test_only_the_training_samples_are_learned_from():
    source = open_table("diabetes_table")
    training, _ = split(source, 0.25, seed=0)
    numbers = TablePreprocessor().fit(training).prepare(training.values)["numbers"]
    np.testing.assert_allclose(numbers.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(numbers.std(axis=0), 1, atol=1e-6)
