"""Images of Latin letters with their names: drawn from the fonts that Matplotlib brings along."""

import unicodedata
from collections import Counter
from collections.abc import Collection

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kerastune.data.columns import Column
from kerastune.data.source import Source
from kerastune.errors import InputError
from kerastune.installing import package_folder

_FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono"),
    *("DejaVuSerif", "STIXGeneral"),
)
_FEWEST_FONTS = 4
# So many that of a quarter of the names, held out, hardly any has a word of its own.
_FEWEST_NAMES = 8
_SIDE = 28  # pixels
_SIZE, _BASELINE = 20, 21  # pixels; room for an accent above a capital letter, and for a tail


def glyphs() -> Source:
    """Returns images of Latin letters in several fonts, each with its Unicode name as a caption.

    Six fonts of DejaVu and STIX draw the letters in white on black, all of one size and on one
    line, so that capitals are larger. Letters are in it that four of the fonts have, and whose
    name consists of words that are in eight names or more: with a part of the names held out,
    their words are in the others.

    Returns:
        A `Source` with the inputs `image`, float32 of shape `(samples, 28, 28, 1)`, values 0 to
        255, and `caption`, such as "latin small letter e with acute"; without targets. All
        images of a letter are one after the other.

    Raises:
        InputError: if the fonts are not where Matplotlib keeps them.

    Example:

    >>> source = glyphs()
    >>> source.values["image"].shape[1:], source.values["caption"][0]
    ((28, 28, 1), 'latin capital letter a')
    """
    letters = _letters()
    images, captions = [], []
    fonts = {name: ImageFont.truetype(font_file(name), _SIZE) for name in _FONTS}
    for letter, names in letters.items():
        for name in names:
            image = Image.new("L", (_SIDE, _SIDE))
            place = (_SIDE / 2, _BASELINE)
            ImageDraw.Draw(image).text(place, letter, fill=255, font=fonts[name], anchor="ms")
            images.append(np.asarray(image, "float32")[..., np.newaxis])
            captions.append(unicodedata.name(letter).lower())
    columns = {"image": Column("image", shape=(_SIDE, _SIDE, 1)), "caption": Column("text")}
    return Source({"image": np.stack(images), "caption": captions}, columns, (), "glyphs")


def _letters() -> dict[str, list[str]]:
    """Returns the fonts of each letter, in the order of Unicode."""
    # Matplotlib reads the characters of a font, which Pillow does not tell.
    from matplotlib.ft2font import FT2Font

    found: dict[str, list[str]] = {}
    for name in _FONTS:
        for code in FT2Font(font_file(name)).get_charmap():
            letter = chr(code)
            is_letter = unicodedata.category(letter).startswith("L")
            if is_letter and unicodedata.name(letter, "").startswith("LATIN "):
                found.setdefault(letter, []).append(name)
    drawn = {letter for letter, names in found.items() if len(names) >= _FEWEST_FONTS}
    return {letter: found[letter] for letter in sorted(_of_common_words(drawn))}


def _of_common_words(letters: Collection[str]) -> set[str]:
    """Returns the letters each word of whose names is in several names."""
    words = {letter: set(unicodedata.name(letter).split()) for letter in letters}
    while True:
        counts = Counter(word for of_letter in words.values() for word in of_letter)
        kept = {
            letter: of_letter
            for letter, of_letter in words.items()
            if all(counts[word] >= _FEWEST_NAMES for word in of_letter)
        }
        if len(kept) == len(words):
            return set(kept)
        words = kept


def font_file(name: str) -> str:
    """Returns the path of a font that Matplotlib brings along.

    Args:
        name: str, such as `"DejaVuSans"`.

    Returns:
        str.

    Raises:
        InputError: if it is not there.

    Example:

    >>> font_file("DejaVuSans").endswith("DejaVuSans.ttf")
    True
    """
    folder = package_folder("matplotlib")
    file = None if folder is None else folder / "mpl-data" / "fonts" / "ttf" / f"{name}.ttf"
    if file is None or not file.is_file():
        raise InputError(
            f"Expected the font {name} among those of Matplotlib. Received: no such file, "
            f"{file or 'and no Matplotlib'}. Install Matplotlib from PyPI, or give other data"
        )
    return str(file)
