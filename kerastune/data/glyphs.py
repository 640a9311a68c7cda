"""Images of Latin letters with their names: drawn from the fonts that Matplotlib brings along."""

import unicodedata
from collections import Counter
from collections.abc import Collection

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kerastune.data.columns import Column
from kerastune.data.openers import opener
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
SEEN, UNSEEN = "seen", "unseen"
"""The parts of the letters: what a pair of towers is trained on, and classes that are new to it."""
_UNSEEN_SHARE = 4  # Every fourth letter of a fixed shuffle.


def glyphs(part: str | None = None) -> Source:
    """Returns images of Latin letters in several fonts, each with its Unicode name as a caption.

    Six fonts of DejaVu and STIX draw the letters in white on black, all of one size and on one
    line, so that capitals are larger. Letters are in it that four of the fonts have, and whose
    name consists of words that are in eight names or more: with a part of the names held out,
    their words are in the others.

    `open_data` takes `glyphs:seen` and `glyphs:unseen` too. In the second names are no captions
    but classes, the target `label`, for what is trained on the first to be tried on.

    Args:
        part: str, `"unseen"` for every fourth letter of a fixed shuffle, or `"seen"` for the
            others. Defaults to all.

    Returns:
        A `Source` with the inputs `image`, float32 of shape `(samples, 28, 28, 1)`, values 0 to
        255, and `caption`, such as "latin small letter e with acute"; without targets. All
        images of a letter are one after the other.

    Raises:
        InputError: if the fonts are not where Matplotlib keeps them, or there is no such part.

    Example:

    >>> source = glyphs()
    >>> source.values["image"].shape[1:], source.values["caption"][0]
    ((28, 28, 1), 'latin capital letter a')
    """
    letters = _part(_letters(), part)
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
    name = "glyphs" if part is None else f"glyphs:{part}"
    return Source({"image": np.stack(images), "caption": captions}, columns, (), name)


@opener("glyphs")
def _open_part(part: str) -> Source:
    source = glyphs(part)
    if part == SEEN:
        return source
    names, labels = np.unique(source.values["caption"], return_inverse=True)
    return Source.of(
        source.values["image"],
        labels,
        class_names=[str(name) for name in names],
        name=source.name,
    )


def _part(letters: dict[str, list[str]], part: str | None) -> dict[str, list[str]]:
    """Returns the letters of a part, in the order that they have."""
    if part is None:
        return letters
    if part not in (SEEN, UNSEEN):
        raise InputError(f"Expected glyphs:{SEEN} or glyphs:{UNSEEN}. Received: 'glyphs:{part}'")
    shuffled = np.random.default_rng(0).permutation(len(letters))
    unseen = {list(letters)[place] for place in shuffled[::_UNSEEN_SHARE]}
    return {
        letter: fonts for letter, fonts in letters.items() if (letter in unseen) == (part == UNSEEN)
    }


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
