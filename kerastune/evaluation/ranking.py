"""How well scores rank all items for each user."""

import numpy as np
import sklearn
from numpy.typing import ArrayLike

from kerastune.errors import InputError
from kerastune.evaluation.evaluation import Evaluation, Metric

FIRST = 10
"""How many of the best items are looked at."""


def evaluate_ranking(
    relevant: ArrayLike, scores: ArrayLike, candidates: ArrayLike, k: int = FIRST
) -> Evaluation:
    """Returns how well scores put the relevant items of each user first.

    Args:
        relevant: bool array of shape `(users, items)`, which items are.
        scores: float array of the same shape, the highest for the best item.
        candidates: bool array of the same shape, which items are ranked; those that a user knows
            already are not.
        k: int, how many of the best items are looked at. Defaults to 10.

    Returns:
        An `Evaluation` with `ndcg_at_10`, where a relevant item gains 1 and ties share their
        places, as scikit-learn's `ndcg_score`; and `recall_at_10`, the share of a user's relevant
        items that are among the first ten. Both are means over the users that have a relevant
        candidate, of whom the detail `ranked_users` tells how many there are.

    Raises:
        InputError: if the shapes differ, a score is not finite, or no user has a relevant item.

    Reference:
        Krichene and Rendle, 2020, "On Sampled Metrics for Item Recommendation", on why all items
        are ranked, https://doi.org/10.1145/3394486.3403226

    Example:

    >>> relevant = [[1, 0, 0], [0, 0, 1]]
    >>> scores = [[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]]
    >>> everything = np.ones((2, 3))
    >>> evaluate_ranking(relevant, scores, everything, k=1)["recall_at_1"]
    0.5
    """
    known = np.asarray(candidates, bool)
    wanted = np.asarray(relevant, bool) & known
    given = np.asarray(scores, "float64")
    if not wanted.shape == given.shape == known.shape or not np.isfinite(given).all():
        raise InputError(
            "Expected relevant items, finite scores and candidates of one shape (users, items). "
            f"Received: shapes {wanted.shape}, {given.shape} and {known.shape}, "
            f"{int((~np.isfinite(given)).sum())} scores not finite"
        )
    users = wanted.any(axis=1)
    if not users.any():
        raise InputError(
            "Expected a user with a relevant item, to rank items. Received: "
            f"{len(wanted)} users without"
        )
    wanted, known = wanted[users], known[users]
    ranked = np.where(known, given[users], given.min() - 1)
    gain = float(sklearn.metrics.ndcg_score(wanted, ranked, k=k))
    # Ties in the order of the items, whatever the platform.
    best = np.argsort(-ranked, axis=1, kind="stable")[:, :k]
    found = np.take_along_axis(wanted, best, axis=1).sum(axis=1) / wanted.sum(axis=1)
    return Evaluation(
        [Metric(f"ndcg_at_{k}", gain), Metric(f"recall_at_{k}", float(found.mean()))],
        details={"ranked_users": int(users.sum())},
    )
