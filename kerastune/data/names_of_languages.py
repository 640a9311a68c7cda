"""Words of a language: what it calls languages, countries, months and days."""

from unicodedata import category

from kerastune.errors import InputError, MissingExtraError

_FEWEST_LETTERS, _MOST_LETTERS = 4, 9


def names_in(language: str) -> tuple[str, ...]:
    """Returns words that a language has for languages, countries, months and days of the week.

    They are those of Unicode's CLDR, as Babel has them, that are one word of 4 to 9 letters.

    Args:
        language: str, such as `en`, `en-us` or `de`.

    Returns:
        Tuple of str in alphabetical order, each once; in English about 640.

    Raises:
        InputError: if Babel does not know the language.
        MissingExtraError: if Babel is not installed.

    Example:

    >>> names = names_in("de")
    >>> [name in names for name in ("Schweden", "Januar", "Vereinigte Staaten")]
    [True, True, False]
    """
    try:
        import babel
    except ImportError as error:
        raise MissingExtraError("Names of countries and languages", "demo") from error
    try:
        locale = babel.Locale.parse(language, sep="-")
    except (ValueError, babel.UnknownLocaleError) as error:
        raise InputError(
            f"Expected a language that Babel knows. Received: {language!r}. Give words of your own"
        ) from error
    found = {
        *locale.languages.values(),
        *locale.territories.values(),
        *locale.months["format"]["wide"].values(),
        *locale.days["format"]["wide"].values(),
    }
    return tuple(sorted(name for name in found if _is_word(name)))


def _is_word(name: str) -> bool:
    """Returns whether a name is one word of a usual length, without marks such as in Kʼicheʼ."""
    is_plain = name.isalpha() and all(category(letter) != "Lm" for letter in name)
    return is_plain and _FEWEST_LETTERS <= len(name) <= _MOST_LETTERS
