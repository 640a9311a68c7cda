"""Ratings that users gave to films: MovieLens as a table with a row for each rating."""

from pathlib import Path

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.described import NamedData
from kerastune.data.movielens_tables import Film, MovieLensTables, User, movielens_tables
from kerastune.data.openers import opener
from kerastune.data.source import Source
from kerastune.errors import InputError, MissingPackageError
from kerastune.installing import package_folder

MOVIELENS_COLUMNS = {
    **dict.fromkeys(("user_id", "item_id"), Column("category")),
    "age": Column("number"),
    **dict.fromkeys(("gender", "occupation"), Column("category")),
    "year": Column("number"),
    "genres": Column("category"),
    "timestamp": Column("number"),
    "rating": Column("quantity"),
}
"""The columns of ratings of films, of which those of users are left out where none are known."""

_PACKAGE, _FOLDER = "recbole", ("dataset_example", "ml-100k")
# Nearly every user has a ZIP code of their own, which tells no more than who it is.
_OF_USERS = ("age", "gender", "occupation")
_NOBODY: User = (float("nan"), "", "", "")
_NOTHING: Film = ("", float("nan"), "")


def movielens_100k(genres: str = "") -> Source:
    """Returns 100,000 ratings of 1,682 films by 943 people, who told their age and occupation.

    MovieLens-100k (https://grouplens.org/datasets/movielens/100k/), as it lies in the package
    recbole, from where it is read and never copied: GroupLens' terms do not allow to pass it on.
    The package is not imported.

    Args:
        genres: str, the films to take: those of a genre or of several, with commas between them,
            or with a minus in front those of none of them. Defaults to all films.

    Returns:
        A `Source` with the columns of `MOVIELENS_COLUMNS`; the target `rating` is 1 to 5 stars,
        the genres of a film have `|` between them, and `timestamp` is in seconds since 1970. ZIP
        codes are left out.

    Raises:
        MissingPackageError: if the package recbole is not installed.
        InputError: if there is no film of these genres.

    Reference:
        Harper and Konstan, 2015, "The MovieLens Datasets: History and Context",
        https://doi.org/10.1145/2827872

    Example:

    >>> source = movielens_100k("Film-Noir,Western")
    >>> len(source), source[0]["genres"], source[0]["rating"]
    (3587, 'Crime|Film-Noir|Mystery|Thriller', np.float64(3.0))
    """
    package = package_folder(_PACKAGE)
    if package is None:
        raise MissingPackageError("Reading MovieLens-100k", _PACKAGE)
    tables = movielens_tables(package.joinpath(*_FOLDER))
    return _joined(_of_genres(tables, genres), f"movielens_100k:{genres}".rstrip(":"))


def named_films(genres: str = "") -> NamedData:
    """Returns the ratings of films of some genres as a data set that has a name.

    Args:
        genres: str, see `movielens_100k`. Defaults to all films.

    Example:

    >>> named_films().ranges
    {'rating': (1, 5)}
    """
    stars = {"rating": (1, 5)}
    return NamedData(lambda: movielens_100k(genres), MOVIELENS_COLUMNS, ("rating",), stars)


@opener("movielens_100k")
def _open_some_films(genres: str) -> Source:
    """Returns the ratings of films of some genres, or stand-ins for them."""
    return named_films(genres).open(f"movielens_100k:{genres}")


@opener("movielens")
def movielens_folder(folder: str | Path) -> Source:
    """Returns the ratings in a folder of MovieLens, with what is known of users and films.

    Args:
        folder: str or Path, see `kerastune.data.movielens_tables.movielens_tables`.

    Returns:
        A `Source` with the columns of `MOVIELENS_COLUMNS`, without those of users where the
        folder tells nothing of them.

    Raises:
        InputError: if the folder cannot be read.

    Example:

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "ratings.dat").write_text("1::7::4::978300760")
    >>> _ = (folder / "users.dat").write_text("1::F::25::10::48067")
    >>> _ = (folder / "movies.dat").write_text("7::Heat (1995)::Action|Crime")
    >>> movielens_folder(folder)[0]["genres"]
    'Action|Crime'
    """
    return _joined(movielens_tables(Path(folder)), Path(folder).name)


def _of_genres(tables: MovieLensTables, genres: str) -> MovieLensTables:
    """Returns the ratings of the films of some genres."""
    if not genres:
        return tables
    wanted = {genre.strip() for genre in genres.removeprefix("-").split(",")}
    held = {film: set(found.split("|")) for film, (_, _, found) in tables.films.items()}
    known = set.union(*held.values()) - {""}
    if not wanted <= known:
        raise InputError(
            f"Expected genres out of {', '.join(sorted(known))}. Received: "
            f"{', '.join(sorted(wanted - known)) or 'none'}"
        )
    without = genres.startswith("-")
    chosen = {film for film, found in held.items() if bool(found & wanted) != without}
    ratings = [rating for rating in tables.ratings if rating[1] in chosen]
    return MovieLensTables(ratings, tables.users, tables.films)


def _joined(tables: MovieLensTables, name: str) -> Source:
    """Returns a row for each rating, with what is known of its user and its film."""
    if not tables.ratings:
        raise InputError(f"Expected ratings in {name}. Received: none")
    user_ids, item_ids, stars, seconds = zip(*tables.ratings, strict=True)
    users = [tables.users.get(user, _NOBODY) for user in user_ids]
    films = [tables.films.get(film, _NOTHING) for film in item_ids]
    ages, genders, occupations, _ = zip(*users, strict=True)
    _, years, genres = zip(*films, strict=True)
    values = {
        "user_id": list(user_ids),
        "item_id": list(item_ids),
        "age": np.array(ages),
        "gender": _texts(genders),
        "occupation": _texts(occupations),
        "year": np.array(years),
        "genres": _texts(genres),
        "timestamp": np.array(seconds),
        "rating": np.array(stars),
    }
    kept = [one for one in values if tables.users or one not in _OF_USERS]
    return Source(
        {one: values[one] for one in kept},
        {one: MOVIELENS_COLUMNS[one] for one in kept},
        ("rating",),
        name,
        _unknown(tables, users, films),
    )


def _texts(values: tuple[str, ...]) -> list[str | None]:
    return [value or None for value in values]


def _unknown(tables: MovieLensTables, users: list[User], films: list[Film]) -> tuple[str, ...]:
    """Returns notes on ratings whose user or film is not told."""
    counts = {
        "user": sum(user is _NOBODY for user in users) if tables.users else 0,
        "film": sum(film is _NOTHING for film in films),
    }
    return tuple(
        f"{count} of {len(films)} ratings are of a {what} of which nothing is told"
        for what, count in counts.items()
        if count
    )
