"""A picture of what is recognized over time."""

from collections.abc import Sequence

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure

from kerastune.display.pictures import BLUE, ORANGE, PICTURE_STYLE, PICTURE_WIDTH, VERMILION

_SHOWN = 0.1  # Probability that a phoneme reaches somewhere.


@style.context(PICTURE_STYLE)
def posterior_picture(
    logits: np.ndarray,
    phonemes: Sequence[str],
    title: str,
    times: Sequence[tuple[str, float]] = (),
    hop: float = 0.01,
) -> Figure:
    """Returns the probability of each phoneme over time, of those that reach a tenth somewhere.

    Args:
        logits: float array of shape `(frames, classes)`, the first class that of a blank.
        phonemes: sequence of str, the other classes.
        title: str.
        times: sequence of pairs of a phoneme and the second at which it is said. Defaults to none.
        hop: float, seconds of a frame. Defaults to 0.01.

    Returns:
        A Matplotlib `Figure`.

    Example:

    >>> figure = posterior_picture(9 * np.eye(3)[[0, 1, 0, 2]], ("s", "ɛ"), "said: s ɛ")
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['s', 'ɛ', 'blank']
    """
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities = powers / powers.sum(axis=-1, keepdims=True)
    seconds = hop * np.arange(1, len(logits) + 1)  # A frame ends there.
    figure = Figure(figsize=(1.5 * PICTURE_WIDTH, 2.4), layout="constrained")
    axes = figure.add_subplot()
    for code, name in enumerate(phonemes, start=1):
        row = probabilities[:, code]
        if row.max(initial=0) >= _SHOWN:
            axes.plot(seconds, row, color=(BLUE, VERMILION)[code % 2], label=name)
            for peak in _peaks(row):
                axes.annotate(name, (seconds[peak], row[peak]), ha="center", va="bottom")
    axes.plot(seconds, probabilities[:, 0], color="0.8", zorder=0, label="blank")
    for name, second in times:
        axes.axvline(second, color=ORANGE, linewidth=0.8, zorder=0)
        axes.annotate(name, (second, 1.14), ha="left", va="bottom", color=ORANGE)
    axes.set(xlabel="seconds", ylabel="probability", ylim=(0, 1.25), title=title)
    axes.legend().set_visible(False)
    return figure


def _peaks(row: np.ndarray) -> list[int]:
    """Returns the highest place of each stretch in which a phoneme is probable."""
    is_high = np.concatenate([[False], row >= _SHOWN, [False]])
    ends = np.flatnonzero(is_high[1:] != is_high[:-1]).reshape(-1, 2)
    return [int(begin + row[begin:end].argmax()) for begin, end in ends]
