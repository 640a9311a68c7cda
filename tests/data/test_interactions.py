"""MovieLens in its layouts, Criteo's format, and splits by time, on small files."""

import numpy as np
import pytest

from kerastune.data import (
    Column,
    Source,
    criteo,
    movielens_100k,
    movielens_folder,
    open_data,
    open_interaction_splits,
    time_split,
)
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
RATINGS = [("1", "10", 4, 880000001), ("2", "10", 5, 880000002), ("1", "20", 1, 880000003)]
USERS = [("1", "24", "M", "technician", "85711"), ("2", "53", "F", "other", "94043")]
FILMS = [("10", "Heat", "1995", ["Action", "Crime"]), ("20", "Brazil", "1985", ["Sci-Fi"])]


def flags(genres):
    return "|".join(str(int(genre in genres)) for genre in GENRES)


def of_100k(folder):
    lines = ["\t".join(map(str, row)) for row in RATINGS]
    (folder / "u.data").write_text("\n".join(lines))
    (folder / "u.user").write_text("\n".join("|".join(user) for user in USERS))
    films = [f"{i}|{t} ({y})|01-Jan-{y}||http://x|{flags(g)}" for i, t, y, g in FILMS]
    (folder / "u.item").write_text("\n".join(films), encoding="latin-1")


def of_1m(folder):
    (folder / "ratings.dat").write_text("\n".join("::".join(map(str, row)) for row in RATINGS))
    users = [f"{i}::{gender}::{age}::{job}::{code}" for i, age, gender, job, code in USERS]
    (folder / "users.dat").write_text("\n".join(users))
    films = [f"{i}::{title} ({year})::{'|'.join(genres)}" for i, title, year, genres in FILMS]
    (folder / "movies.dat").write_text("\n".join(films))


def of_latest(folder):
    ratings = ["userId,movieId,rating,timestamp", *(",".join(map(str, row)) for row in RATINGS)]
    (folder / "ratings.csv").write_text("\n".join(ratings))
    films = [f'{i},"{title} ({year})",{"|".join(genres)}' for i, title, year, genres in FILMS]
    (folder / "movies.csv").write_text("\n".join(["movieId,title,genres", *films]))


def of_recbole(folder):
    head = "user_id:token\titem_id:token\trating:float\ttimestamp:float"
    rows = ["\t".join(map(str, row)) for row in RATINGS]
    (folder / "a.inter").write_text("\n".join([head, *rows]))
    (folder / "a.user").write_text("\n".join(["a\tb\tc\td\te", *("\t".join(u) for u in USERS)]))
    films = [f"{i}\t{title}\t{year}\t{' '.join(genres)}" for i, title, year, genres in FILMS]
    (folder / "a.item").write_text("\n".join(["a\tb\tc\td", *films]))


@pytest.mark.parametrize("write", [of_100k, of_1m, of_latest, of_recbole])
def test_every_layout_gives_the_same_ratings(write, tmp_path):
    write(tmp_path)
    source = open_data(f"movielens:{tmp_path}")
    expected = {
        "user_id": "1",
        "item_id": "20",
        "age": 24.0,
        "gender": "M",
        "occupation": "technician",
        "year": 1985.0,
        "genres": "Sci-Fi",
        "timestamp": 880000003.0,
        "rating": 1.0,
    }
    if write is of_latest:  # Which tells nothing of users.
        for name in ("age", "gender", "occupation"):
            del expected[name]
    assert source[2] == expected
    assert source.values["genres"] == ["Action|Crime", "Action|Crime", "Sci-Fi"]
    assert source.targets == ("rating",)


def test_movielens_100k_is_read_out_of_the_package():
    source = movielens_100k()
    assert (
        len(source),
        len(set(source.values["user_id"])),
        len(set(source.values["item_id"])),
    ) == (
        100_000,
        943,
        1682,
    )
    # As README of MovieLens-100k says, each user has rated at least 20 films.
    assert min(np.unique(source.values["user_id"], return_counts=True)[1]) == 20
    horror, others = (len(open_data(f"movielens_100k:{sign}Horror")) for sign in ("", "-"))
    assert horror + others == 100_000
    assert horror == 5317


def test_what_is_not_told_is_missing_and_noted(tmp_path):
    of_1m(tmp_path)
    (tmp_path / "users.dat").write_text("1::M::24::technician::85711")
    source = movielens_folder(tmp_path)
    assert source[1]["gender"] is None
    assert np.isnan(source[1]["age"])
    assert source.notes == ("1 of 3 ratings are of a user of which nothing is told",)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "Expected a folder of MovieLens"),
        ({"u.data": "1\t2\t3"}, "4 fields in line 1"),
        ({"u.data": "1\t2\tx\t4"}, "a number of stars"),
        ({"u.data": "1\t2\t3\t4"}, "u.user"),
        ({"ratings.dat": "", "movies.dat": ""}, "Expected ratings"),
    ],
)
def test_broken_folders_are_told_in_one_line(files, message, tmp_path):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        movielens_folder(tmp_path)
    assert "\n" not in str(caught.value)


def test_an_unknown_genre_is_told_with_those_known():
    with pytest.raises(InputError, match=r"Expected genres out of Action.*Received: Horor"):
        open_data("movielens_100k:Horor")


def test_criteo_has_a_label_13_numbers_and_26_categories(tmp_path):
    line = ["1", *["3"] * 12, "", *["a8"] * 25, ""]
    (tmp_path / "train.txt").write_text("\n".join(["\t".join(line), "\t".join(["0", *line[1:]])]))
    source = open_data(f"criteo:{tmp_path / 'train.txt'}")
    assert source.values["click"].tolist() == [1, 0]
    assert (source[0]["I1"], source[0]["C1"], source[0]["C26"]) == (3.0, "a8", None)
    assert np.isnan(source[0]["I13"])
    for broken, message in ((["2", *line[1:]], "label '2'"), (line[:-1], "38 fields in line 1")):
        (tmp_path / "broken.txt").write_text("\t".join(broken))
        with pytest.raises(InputError, match=message):
            criteo(tmp_path / "broken.txt")


def moments(times, users="aabb", kind="number"):
    columns = {"time": Column(kind), "user": Column("category")}
    return Source({"time": times, "user": list(users)}, columns)


def test_samples_of_one_moment_are_not_parted():
    rest, last = time_split("time")(moments([5.0, 3.0, 5.0, 1.0]), 0.25)
    assert (rest.values["time"], last.values["time"]) == ([3.0, 1.0], [5.0, 5.0])
    rest, last = time_split("time")(moments([1.0, 1.0, 1.0, 2.0]), 0.75)
    assert last.values["time"] == [2.0]


def test_the_last_of_each_user_are_held_out():
    rest, last = time_split("time", "user")(moments([4.0, 3.0, 1.0, 2.0]), 0.5)
    assert (rest.values["time"], last.values["time"]) == ([3.0, 1.0], [4.0, 2.0])
    # Who has one sample keeps it for the training.
    _, last = time_split("time", "user")(moments([4.0, 3.0, 1.0, 2.0], "abbb"), 0.25)
    assert last.values["time"] == [3.0]


def test_the_order_of_the_rows_may_be_that_of_time():
    rest, last = time_split()(moments([4.0, 3.0, 1.0, 2.0]), 0.25)
    assert (rest.values["time"], last.values["time"]) == ([4.0, 3.0, 1.0], [2.0])


@pytest.mark.parametrize(
    ("source", "column", "message"),
    [
        (moments([1.0, 1.0, 1.0, 1.0]), "time", "several times"),
        (moments([1.0, float("nan"), 3.0, 4.0]), "time", "none in row 2"),
        (moments([1.0, 2.0, 3.0, 4.0]), "day", "Expected a column 'day'"),
    ],
)
def test_no_split_by_time_without_times(source, column, message):
    with pytest.raises(InputError, match=message) as caught:
        time_split(column)(source, 0.25)
    assert "\n" not in str(caught.value)


TABLE = {
    "user_id": [1, 1, 2, 2, 1, 2],
    "item_id": [5, 6, 5, 7, 7, 6],
    "timestamp": [1, 2, 3, 4, 5, 6],
    "rating": [4, 1, 5, 2, 3.5, 4.5],
}


@pytest.mark.parametrize(
    ("changes", "settings", "message"),
    [
        (
            {"rating": [4, 1, 9, 2, 0, 4]},
            {},
            "from 0.5 to 5 in 'rating'.*Received: 9 in row 3, and 2",
        ),
        ({}, {"scale": (1.0, 4.0)}, "another `scale`"),
        ({}, {"scale": (5.0, 1.0)}, "lowest, highest"),
        ({}, {"task": "likes"}, "`task` out of rating, click"),
        ({}, {"split_in": "day"}, "`split` out of"),
        ({"rating": list("abcdef")}, {"task": "click"}, "ratings, or labels of two classes"),
        ({"rating": list("abcdef")}, {}, "Expected numbers in column"),
    ],
)
def test_bad_ratings_and_settings_are_told_in_one_line(changes, settings, message):
    with pytest.raises(InputError, match=message) as caught:
        open_interaction_splits({**TABLE, **changes}, target="rating", **settings)
    assert "\n" not in str(caught.value)


def test_ratings_become_clicks_and_labels_of_two_classes_stay():
    clicks = open_interaction_splits(TABLE, target="rating", task="click", split_in="order")
    assert clicks.class_names == ("no", "yes")
    assert clicks.training.values["rating"].tolist() == [1, 0, 1, 0]
    labels = {**TABLE, "rating": [0, 1, 0, 1, 1, 0]}
    kept = open_interaction_splits(labels, target="rating", task="click", split_in="random")
    assert kept.class_names == ("0", "1")
