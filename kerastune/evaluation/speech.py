"""How well the samples of speech are told, and how speech that is made looks beside real one."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure

from kerastune.data.mel_scale import log_mel, most_bands
from kerastune.display.pictures import PICTURE_STYLE, PICTURE_WIDTH, shortened
from kerastune.evaluation.evaluation import Metric

_ROW = 1.1  # Inches.


def bits_per_sample(nats: Sequence[np.ndarray]) -> Metric:
    """Returns how many bits a sample of some recordings takes: 8 for one that knows nothing.

    Args:
        nats: sequence of float arrays, the negative log-probability of each sample of each.

    Example:

    >>> round(bits_per_sample([np.log([256.0]), np.log([4.0, 4.0, 4.0])]).value, 6)
    3.5
    """
    mean = float(np.mean(np.concatenate(nats), dtype="float64")) / math.log(2)
    return Metric("bits_per_sample", mean, higher_is_better=False)


@style.context(PICTURE_STYLE)
def spectrogram_sheet(
    sounds: Mapping[str, Sequence[np.ndarray]], words: Sequence[str], sample_rate: int
) -> Figure:
    """Draws the power of sounds in mel bands over time, a row for each word.

    Args:
        sounds: dictionary from the name of a column, such as `"recorded"`, to a float array of
            samples for each word.
        words: sequence of str.
        sample_rate: int, samples a second.

    Returns:
        A Matplotlib `Figure`.

    Example:

    >>> noise = np.random.default_rng(0).normal(size=1600).astype("float32")
    >>> figure = spectrogram_sheet({"recorded": [noise], "made": [noise]}, ["yes"], 8000)
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['recorded', 'made']
    """
    size = (PICTURE_WIDTH * len(sounds) / 1.5, 0.5 + _ROW * len(words))
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(words), len(sounds), squeeze=False, sharex=True)
    bands = most_bands(sample_rate)
    for column, (name, made) in enumerate(sounds.items()):
        grid[0, column].set_title(name)
        for row, sound in enumerate(made):
            power = log_mel(np.asarray(sound, "float32"), sample_rate, bands=bands)
            end = len(sound) / sample_rate
            axes = grid[row, column]
            axes.imshow(power.T, origin="lower", aspect="auto", cmap="magma", extent=(0, end, 0, 1))
            axes.set(yticks=[])
            axes.grid(visible=False)
    for row, word in enumerate(words):
        grid[row, 0].set_ylabel(shortened(word, 12), rotation=0, ha="right", va="center")
    longest = max(len(sound) for made in sounds.values() for sound in made)
    for axes in grid[-1]:
        axes.set(xlabel="seconds", xlim=(0, longest / sample_rate))
    return figure
