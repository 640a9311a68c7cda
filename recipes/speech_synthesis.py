"""Train a WaveNet to speak: phonemes and how long they last become sound, sample by sample."""

from typing import Unpack

import kerastune as kt


@kt.recipe(epochs=10, batch_size=4, learning_rate=6e-3)
def speech_synthesis(
    data: "str | kt.data.Source" = "spoken_phonemes:en,voices=m3,pitch=50,takes=80",
    *,
    sample_rate: int = 8000,
    hop: float = 0.005,
    condition_width: int = 32,
    channels: int = 32,
    skip_channels: int = 64,
    stacks: int = 1,
    layers: int = 9,
    dropout: float = 0.0,
    temperature: float = 0.7,
    judged_words: int = 10,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Train a WaveNet to speak: phonemes and how long they last become sound, sample by sample.

    The network tells each sample, one of 256 codes of the μ-law, from those before it and from
    the phonemes that are said, with their times. To speak, it draws one sample after the other,
    and keeps what it has computed. How well it tells the samples of words that it never heard is
    counted in bits. The network of `speech_classification`, trained on the same words recorded by
    other voices, then hears what it says. Linear prediction with a filter for each phoneme, driven
    by noise, stands beside it in both.

    Measured on words and one voice of English, PyTorch, seeds 0 to 2: 4.60 ± 0.01 bits a sample,
    linear prediction 6.50; of ten words that it never heard, said five times, 91 ± 8 % are
    recognized, of linear prediction 53 ± 25 %.

    Args:
        data: `spoken_phonemes:LANGUAGE` with options such as `voices`, `pitch`, `takes` and
            `words`, which needs the packages espeakng-loader and, without words, Babel; or a
            folder in TIMIT's layout, a `.PHN` file beside each recording. From Python also a
            `Source` with recordings, phonemes, and a column `times`.
        sample_rate: samples a second; recordings of another rate are resampled, which is noted.
        hop: seconds of a frame, a whole number of samples: how finely it is told what is said.
        condition_width: numbers of the vector that tells what is said in a frame.
        channels: numbers of a vector between the blocks of the WaveNet.
        skip_channels: numbers of a vector that blocks give to the output.
        stacks: how often the dilations of blocks begin anew from 1.
        layers: blocks of a stack, each with twice the dilation of the one before.
        dropout: dropout rate of what enters a block, and before the last layer.
        temperature: by which logits are divided when it speaks: below 1 it draws what is more
            probable.
        judged_words: how many of the test words it says at the end, five times each; 0 for none.

    Returns:
        A `Result`, of which `kerastune.generate_speech(result, phonemes, times)` makes sound. Its
        `predict` takes recordings with phonemes and times by column, and gives the bits that a
        sample of each takes.
    """
    splits = kt.data.open_synthesis_splits(data, options, sample_rate=sample_rate)
    head = kt.heads.SpeechSynthesis.for_samples(
        splits.training, temperature=temperature, dropout=dropout
    )
    preprocessor = kt.preprocessing.SynthesisPreprocessor(sample_rate, hop=hop)
    network = kt.models.speech_generator(
        len(head.phonemes),
        condition_width=condition_width,
        channels=channels,
        skip_channels=skip_channels,
        stacks=stacks,
        layers=layers,
        dropout=dropout,
    )
    judge = kt.training.SpeechJudge(splits, sample_rate, judged_words, seed=options["seed"])
    return kt.Job(
        model=kt.heads.attach(network, head, pooling="sequence"),
        head=head,
        splits=splits,
        preprocessor=preprocessor.fit(splits.training),
        baselines=(kt.baselines.linear_prediction(judge.of_speaker),),
        measures=(kt.training.recognized_speech(head, preprocessor, judge),),
    )
