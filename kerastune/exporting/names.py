"""Names of inputs and outputs that every format takes: letters, digits and underscores."""

import re
from collections.abc import Iterable


def plain_names(names: Iterable[str]) -> dict[str, str]:
    """Returns a name for each name, of letters, digits and underscores alone, no two alike.

    Args:
        names: iterable of str, such as the columns of a table, all different.

    Returns:
        Dictionary from each name to the new one, which is the same where it can be.

    Example:

    >>> list(plain_names(["age", "area error", "area_error", "3 rooms", "größe"]).values())
    ['age', 'area_error_2', 'area_error', 'in_3_rooms', 'gr_e']
    """
    wanted = list(names)
    cleaned = {name: _plain(name) for name in wanted}
    # Those that may stay as they are come first.
    taken = {name for name, plain in cleaned.items() if name == plain}
    found = {}
    for name, plain in cleaned.items():
        free, count = plain, 1
        while free in taken and free != name:
            count += 1
            free = f"{plain}_{count}"
        taken.add(free)
        found[name] = free
    return found


def _plain(name: str) -> str:
    found = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "input"
    return found if found[0].isalpha() else f"in_{found}"
