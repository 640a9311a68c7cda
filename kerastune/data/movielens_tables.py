"""The files of MovieLens in the layouts that GroupLens and others give them."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kerastune.errors import InputError, reason

_ITEM_FLAGS = 5
# Of u.item, in which a film has a column of 0 and 1 for each.
_GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
_NO_GENRE = ("unknown", "(no genres listed)")
_TITLE = re.compile(r"(?P<title>.*)\((?P<year>\d{4})\)\s*")

User = tuple[float, str, str, str]
"""Age, gender, occupation and ZIP code."""

Film = tuple[str, float, str]
"""Title, year and genres, with `|` between them."""


@dataclass(frozen=True)
class MovieLensTables:
    """What MovieLens knows of ratings, users and films.

    Args:
        ratings: list of `(user, film, stars, seconds since 1970)`, in the order of the file.
        users: dictionary from the identifier of a user to a `User`; empty where none are told.
        films: dictionary from the identifier of a film to a `Film`.
    """

    ratings: list[tuple[str, str, float, float]]
    users: dict[str, User] = field(default_factory=dict)
    films: dict[str, Film] = field(default_factory=dict)


def movielens_tables(folder: Path) -> MovieLensTables:
    """Reads a folder of MovieLens, as it was unpacked.

    Args:
        folder: Path of `ml-100k` (u.data, u.user, u.item), of `ml-1m` or `ml-10m` (ratings.dat,
            users.dat, movies.dat), of `ml-latest`, `ml-20m`, `ml-25m` or `ml-32m` (ratings.csv,
            movies.csv), or of RecBole's files (ml-100k.inter, .user, .item).

    Returns:
        `MovieLensTables`.

    Raises:
        InputError: if there are no ratings in one of these layouts, or a line is broken.

    Example:

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> ratings = ["userId,movieId,rating,timestamp", "1,7,4.5,964982703"]
    >>> films = ["movieId,title,genres", "7,Heat (1995),Action|Crime"]
    >>> for name, lines in {"ratings.csv": ratings, "movies.csv": films}.items():
    ...     _ = (folder / name).write_text("\\n".join(lines))
    >>> tables = movielens_tables(folder)
    >>> tables.ratings, tables.films["7"]
    ([('1', '7', 4.5, 964982703.0)], ('Heat', 1995.0, 'Action|Crime'))
    """
    for pattern, read in _LAYOUTS.items():
        found = sorted(folder.glob(pattern))
        if found:
            return read(found[0])
    raise InputError(
        f"Expected a folder of MovieLens, with {', '.join(_LAYOUTS)}. Received: {str(folder)!r} "
        "without. Give the folder that holds the ratings"
    )


def _of_100k(path: Path) -> MovieLensTables:
    def films() -> Iterator[tuple[str, Film]]:
        for row in _rows(path.with_name("u.item"), "|", _ITEM_FLAGS + len(_GENRES), "latin-1"):
            flags = zip(_GENRES, row[_ITEM_FLAGS:], strict=True)
            genres = [genre for genre, flag in flags if flag == "1"]
            yield row[0], (*_titled(row[1]), _genres(genres))

    return MovieLensTables(
        [_rating(row, path) for row in _rows(path, "\t", 4)],
        {
            user: (_number(age), gender, occupation, zip_code)
            for user, age, gender, occupation, zip_code in _rows(
                path.with_name("u.user"), "|", 5, "latin-1"
            )
        },
        dict(films()),
    )


def _of_dat(path: Path) -> MovieLensTables:
    users, films = path.with_name("users.dat"), path.with_name("movies.dat")
    return MovieLensTables(
        [_rating(row, path) for row in _rows(path, "::", 4)],
        {
            user: (_number(age), gender, occupation, zip_code)
            for user, gender, age, occupation, zip_code in _rows(users, "::", 5, "latin-1")
        }
        if users.exists()
        else {},
        {
            film: (*_titled(title), _genres(genres.split("|")))
            for film, title, genres in _rows(films, "::", 3, "latin-1")
        },
    )


def _of_csv(path: Path) -> MovieLensTables:
    return MovieLensTables(
        [_rating(row, path) for row in _csv_rows(path, 4)],
        films={
            film: (*_titled(title), _genres(genres.split("|")))
            for film, title, genres in _csv_rows(path.with_name("movies.csv"), 3)
        },
    )


def _of_recbole(path: Path) -> MovieLensTables:
    rows = _rows(path, "\t", 4)
    next(rows, None)
    users, films = (
        _rows(path.with_suffix(".user"), "\t", 5),
        _rows(path.with_suffix(".item"), "\t", 4),
    )
    next(users, None), next(films, None)
    return MovieLensTables(
        [_rating(row, path) for row in rows],
        {user: (_number(age), *others) for user, age, *others in users},  # type: ignore[misc]
        {
            film: (title, _number(year), _genres(genres.split()))
            for film, title, year, genres in films
        },
    )


_LAYOUTS: dict[str, Callable[[Path], MovieLensTables]] = {
    "u.data": _of_100k,
    "ratings.dat": _of_dat,
    "ratings.csv": _of_csv,
    "*.inter": _of_recbole,
}


def _rows(path: Path, separator: str, fields: int, encoding: str = "utf-8") -> Iterator[list[str]]:
    """Yields the fields of each line of a file without quotes."""
    for number, line in enumerate(_text(path, encoding).splitlines(), start=1):
        if line:
            yield _checked(line.split(separator), fields, number, path)


def _csv_rows(path: Path, fields: int) -> Iterator[list[str]]:
    reader = csv.reader(_text(path, "utf-8").splitlines())
    next(reader, None)
    for row in reader:
        if row:
            yield _checked(row, fields, reader.line_num, path)


def _text(path: Path, encoding: str) -> str:
    try:
        return path.read_text(encoding=encoding)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"Expected a file of MovieLens. Received: '{path}': {reason(error)}. Unpack the whole "
            "archive"
        ) from error


def _checked(row: list[str], fields: int, number: int, path: Path) -> list[str]:
    if len(row) != fields:
        raise InputError(
            f"Expected {fields} fields in line {number} of '{path}'. Received: {len(row)}. Unpack "
            "the archive again"
        )
    return row


def _rating(row: Sequence[str], path: Path) -> tuple[str, str, float, float]:
    user, film, stars, seconds = row
    try:
        return user, film, float(stars), float(seconds)
    except ValueError as error:
        raise InputError(
            f"Expected a number of stars and of seconds in '{path}'. Received: {stars!r} and "
            f"{seconds!r}, of film {film!r} by user {user!r}"
        ) from error


def _number(text: str) -> float:
    """Returns a number, or NaN where there is none."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _titled(title: str) -> tuple[str, float]:
    """Returns the title and the year of a title with the year."""
    found = _TITLE.fullmatch(title)
    return (
        (title, float("nan")) if found is None else (found["title"].strip(), float(found["year"]))
    )


def _genres(names: Sequence[str]) -> str:
    return "|".join(name for name in names if name and name not in _NO_GENRE)
