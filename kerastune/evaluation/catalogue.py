"""All items and the users of a test, to rank the ones for the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerastune.data import Source, Splits
from kerastune.data.coded import MISSING, coded
from kerastune.data.described import reads_nothing

MOST_USERS = 1000
"""For how many users of a test items are ranked, as a rule."""


@dataclass(frozen=True)
class Catalogue:
    """All items of some data, the users of its test samples, and what these liked.

    Args:
        user_column: str, the column of users.
        item_column: str, the column of items.
        users: `Source`, a sample of each user of the test.
        items: `Source`, a sample of each item, in the order in which they come first.
        user_columns: tuple of str, the inputs that tell something of the user.
        item_columns: tuple of str, those that tell something of the item.
        relevant: bool array of shape `(users, items)`, the items that a user liked in the test.
        candidates: bool array of the same shape, those that the user has no other sample of.
        liked_from: float, from which rating on an item is liked. Defaults to 4.

    Example:

    >>> from kerastune.data import open_interaction_splits
    >>> table = {"user_id": [1, 2, 1, 2], "item_id": [5, 6, 7, 5], "rating": [4, 1, 5, 2]}
    >>> splits = open_interaction_splits(
    ...     table, {"test_fraction": 0.5}, target="rating", split_in="order"
    ... )
    >>> catalogue = Catalogue.of_splits(splits, "user_id", "item_id", ("user_id", "item_id"))
    >>> catalogue.relevant.astype(int).tolist(), catalogue.candidates.astype(int).tolist()
    ([[0, 0, 1], [0, 0, 0]], [[0, 1, 1], [1, 0, 1]])
    """

    user_column: str
    item_column: str
    users: Source
    items: Source
    user_columns: tuple[str, ...]
    item_columns: tuple[str, ...]
    relevant: np.ndarray
    candidates: np.ndarray
    liked_from: float = 4.0

    @classmethod
    def of_splits(
        cls,
        splits: Splits,
        user_column: str,
        item_column: str,
        columns: Sequence[str],
        liked_from: float = 4.0,
        most_users: int = MOST_USERS,
    ) -> "Catalogue | None":
        """Returns the catalogue of some splits, or None where items cannot be ranked.

        That is where there are no users or items, no test user likes anything that is new, or an
        input tells something of neither the user nor the item alone, such as an hour.

        Args:
            splits: `Splits` whose target is a quantity, a rating, or one of two classes, of which
                the second is that an item is liked.
            user_column: str, the column of users.
            item_column: str, the column of items.
            columns: sequence of str, the inputs that a model reads.
            liked_from: float, from which rating on an item is liked. Defaults to 4.
            most_users: int, for how many users of the test items are ranked, taken at equal
                distances where there are more; 0 for none. Defaults to 1,000.
        """
        if not {user_column, item_column} <= set(columns) or most_users < 1 or reads_nothing():
            return None
        everything = splits.without_test.joined(splits.test)
        users, items = (coded(everything.values[name]) for name in (user_column, item_column))
        of_user = _told_by(everything, users.codes, columns)
        of_item = [
            name for name in _told_by(everything, items.codes, columns) if name not in of_user
        ]
        if {*of_user, *of_item} != set(columns) or user_column in of_item:
            return None
        first_test = len(everything) - len(splits.test)
        is_known = (users.codes != MISSING) & (items.codes != MISSING)
        tested = np.unique(users.codes[first_test:][is_known[first_test:]])
        if len(tested) > most_users:
            tested = tested[np.linspace(0, len(tested) - 1, most_users).astype(int)]
        rows = np.full(len(users.values), -1)
        rows[tested] = np.arange(len(tested))
        relevant = np.zeros((len(tested), len(items.values)), bool)
        candidates = np.ones_like(relevant)
        user_rows = np.where(is_known, rows[users.codes], -1)
        seen = np.flatnonzero(user_rows[:first_test] >= 0)
        candidates[user_rows[seen], items.codes[seen]] = False
        liked = first_test + np.flatnonzero(
            _liked(splits.test, liked_from) & (user_rows[first_test:] >= 0)
        )
        relevant[user_rows[liked], items.codes[liked]] = True
        if not (relevant & candidates).any():
            return None
        return cls(
            user_column,
            item_column,
            everything.select(np.array(users.first)[tested]),
            everything.select(items.first),
            tuple(of_user),
            tuple(of_item),
            relevant,
            candidates,
            liked_from,
        )

    def liked(self, samples: Source) -> np.ndarray:
        """Returns whether the item of each sample is liked.

        Args:
            samples: `Source`.
        """
        return _liked(samples, self.liked_from)

    def item_codes(self, samples: Source) -> np.ndarray:
        """Returns the position of the item of each sample among all items, or -1.

        Args:
            samples: `Source`.
        """
        positions = {name: at for at, name in enumerate(self.items.values[self.item_column])}
        return np.array([positions.get(name, -1) for name in samples.values[self.item_column]])


def _liked(samples: Source, liked_from: float) -> np.ndarray:
    name = samples.target("quantity", "class")
    values = np.asarray(samples.values[name])
    return values == 1 if samples.columns[name].kind == "class" else values >= liked_from


def _told_by(samples: Source, groups: np.ndarray, columns: Sequence[str]) -> list[str]:
    """Returns the columns that have the same value in all samples of a group."""
    found = []
    for name in columns:
        values: Any = samples.values[name]
        codes = coded(values).codes
        # A group has one value if the pairs are as many as the groups.
        pairs = np.unique(np.stack([groups, codes]), axis=1).shape[1]
        if pairs == len(np.unique(groups)):
            found.append(name)
    return found
