"""Pairs of texts in two languages, made from the data of installed libraries.

Dates are written by Babel from Unicode's CLDR, numbers in words by num2words, and names of places
and languages are read from the catalogs of pycountry. What is one text in the first language is
one in the second, so every pair is right.
"""

import datetime
import gettext
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.source import Source
from kerastune.errors import InputError, MissingExtraError
from kerastune.installing import package_folder

_DATES, _FIRST_YEAR, _LAST_YEAR = 4000, 1900, 2099
_STYLES = ("full", "long", "medium")
_NUMBERS, _LARGEST = 4000, 999_999
# From the name of a database of pycountry to the keys of the names that its catalogs translate.
_CATALOGS = {"iso3166-1": "name", "iso3166-2": "name", "iso639-3": "name", "iso4217": "name"}


def dates(languages: str = "en:de") -> Source:
    """Returns dates as two languages write them.

    4,000 days from 1900 to 2099, each in one of CLDR's styles `full`, `long` and `medium`, the
    same for both languages; the first of them where the source would be the same.

    Args:
        languages: str, two locales such as `en:de` or `en_GB:fr`. Defaults to `"en:de"`.

    Returns:
        A `Source` of about 4,000 pairs of kind `text`, the input `source` and the target `target`.

    Raises:
        InputError: if they are not two languages that Babel knows.
        MissingExtraError: if Babel is not installed.

    Example:

    >>> source = dates("en:de")
    >>> source[1]["source"], source[1]["target"]
    ('October 16, 1960', '16. Oktober 1960')
    """
    try:
        import babel
        from babel.dates import format_date
    except ImportError as error:
        raise MissingExtraError("Writing dates", "demo") from error
    first, second = _two(languages, "dates")
    try:
        locales = [babel.Locale.parse(name) for name in (first, second)]
    except (ValueError, babel.UnknownLocaleError) as error:
        raise _unknown("dates", languages, error) from error
    generator = np.random.default_rng(0)
    start = datetime.date(_FIRST_YEAR, 1, 1)
    days = (datetime.date(_LAST_YEAR, 12, 31) - start).days + 1
    chosen = generator.choice(days, _DATES, replace=False).tolist()
    styles = generator.integers(len(_STYLES), size=_DATES).tolist()

    def written() -> Iterator[list[str]]:
        for day, style in zip(chosen, styles, strict=True):
            date = start + datetime.timedelta(day)
            texts = [format_date(date, name, locale=locales[0]) for name in _STYLES]
            # Two styles may be one in the first language, as in May, and not in the second.
            first_alike = _STYLES[texts.index(texts[style])]
            yield [texts[style], format_date(date, first_alike, locale=locales[1])]

    return _pairs(written(), f"dates:{languages}")


def numbers(languages: str = "en:fr") -> Source:
    """Returns whole numbers in the words of two languages.

    4,000 numbers below a million are drawn, about as many of each length from one to six digits;
    what is drawn again is there once.

    Args:
        languages: str, two languages of num2words such as `en:fr`. Defaults to `"en:fr"`.

    Returns:
        A `Source` of about 2,500 pairs of kind `text`, the input `source` and the target `target`.

    Raises:
        InputError: if they are not two languages that num2words knows.
        MissingExtraError: if num2words is not installed.

    Example:

    >>> source = numbers("en:fr")
    >>> source[1]["source"], source[1]["target"]
    ('forty-one', 'quarante et un')
    """
    try:
        from num2words import num2words
    except ImportError as error:
        raise MissingExtraError("Writing numbers in words", "demo") from error
    first, second = _two(languages, "numbers")
    generator = np.random.default_rng(0)
    # Uniform in the number of digits: of numbers drawn evenly hardly any would be short.
    powers = generator.uniform(0, np.log10(_LARGEST), _NUMBERS)
    chosen = dict.fromkeys(np.floor(10**powers).astype(int).tolist())
    try:
        pairs = [[num2words(number, lang=name) for name in (first, second)] for number in chosen]
    except NotImplementedError as error:
        raise _unknown("numbers", languages, error) from error
    return _pairs(iter(pairs), f"numbers:{languages}")


def places(languages: str = "en:de") -> Source:
    """Returns the names of countries, their parts, languages and currencies in two languages.

    Only names that both languages have are there.

    Args:
        languages: str, two languages such as `en:de` or `fr:de`. Defaults to `"en:de"`.

    Returns:
        A `Source` of thousands of pairs of kind `text`, the input `source` and the target
        `target`.

    Raises:
        InputError: if they are not two languages that pycountry has catalogs of.
        MissingExtraError: if pycountry is not installed.

    Example:

    >>> source = places("en:de")
    >>> pairs = dict(zip(source.values["source"], source.values["target"], strict=True))
    >>> pairs["Afghanistan"], pairs["Morocco"]
    ('Afghanistan', 'Marokko')
    """
    folder = package_folder("pycountry")
    if folder is None:
        raise MissingExtraError("Reading names of places", "demo")
    named = _two(languages, "places")

    def read() -> Iterator[list[str]]:
        for catalog in _CATALOGS:
            translations = [_translated(folder, name, catalog, languages) for name in named]
            for english in _english_names(folder, catalog):
                yield [translate(english) for translate in translations]

    return _pairs(read(), f"places:{languages}")


def _english_names(folder: Path, catalog: str) -> list[str]:
    """Returns the names in a database, which the catalogs translate."""
    text = (folder / "databases" / f"{catalog}.json").read_text(encoding="utf-8")
    (rows,) = json.loads(text).values()
    return [row[_CATALOGS[catalog]] for row in rows]


class _Untranslated(gettext.NullTranslations):
    """Gives nothing for what a catalog lacks, where gettext would give the English name."""

    def gettext(self, message: str) -> str:  # noqa: ARG002
        return ""


def _translated(folder: Path, language: str, catalog: str, languages: str) -> Callable[[str], str]:
    """Returns a function from an English name to that of a language, empty if there is none."""
    if language == "en":
        return str
    path = folder / "locales" / language / "LC_MESSAGES"
    if not language.isidentifier() or not path.is_dir():
        raise _unknown("places", languages, f"no catalog of {language!r}")
    file = path / f"{catalog}.mo"
    if not file.is_file():
        return _Untranslated().gettext
    with file.open("rb") as stream:
        found = gettext.GNUTranslations(stream)
    found.add_fallback(_Untranslated())
    return found.gettext


def _two(languages: str, scheme: str) -> list[str]:
    """Returns the names of two languages."""
    names = languages.split(":")
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise InputError(
            f"Expected two languages, such as {scheme}:en:de. Received: '{scheme}:{languages}'"
        )
    return names


def _unknown(scheme: str, languages: str, fault: Any) -> InputError:
    said = f": {fault}" if str(fault) else ""
    return InputError(
        f"Expected two languages that are known, such as {scheme}:en:de. Received: "
        f"'{scheme}:{languages}'{said}"
    )


def _pairs(pairs: Iterator[list[str]], name: str) -> Source:
    """Returns pairs as samples; of a source that comes several times, the first."""
    found: dict[str, str] = {}
    for source, target in pairs:
        if source and target:
            found.setdefault(source, target)
    text = Column("text")
    return Source(
        {"source": list(found), "target": list(found.values())},
        {"source": text, "target": text},
        ("target",),
        name,
    )
