"""Train a WaveNet to write down the phonemes that are said."""

from typing import Unpack

import kerastune as kt


@kt.recipe(epochs=16, batch_size=16, learning_rate=1e-2)
def phoneme_recognition(
    data: "str | kt.data.Source" = "spoken_phonemes:en",
    *,
    sample_rate: int = 8000,
    bands: int = 40,
    hop: float = 0.02,
    channels: int = 32,
    skip_channels: int = 64,
    stacks: int = 1,
    layers: int = 6,
    dropout: float = 0.0,
    speed: float = 0.0,
    shift: float = 0.0,
    hidden_bands: float = 0.0,
    beam_size: int = 8,
    training_samples: int | None = None,
    pretrained: str | None = None,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Train a WaveNet to write down the phonemes that are said.

    Dilated causal convolutions with gated units, residual and skip connections hear the power in
    mel bands, and give for each frame a phoneme or none. The loss is connectionist temporal
    classification (CTC): phonemes are learned in their order, without their times. A prefix beam
    search finds the answer. The phoneme error rate stands beside that of the best constant
    sequence. By default the words are names of languages, countries, months and days, spoken by
    voices of eSpeak NG, and the test is on words and voices that training never heard.

    Measured on the English words, PyTorch, seeds 0 to 2: phoneme error rate 37.4 ± 0.5 %, the best
    constant sequence 84.3 %; docs/results.md has it from one language to another with few words.

    Args:
        data: `spoken_phonemes:LANGUAGE`, also with options such as `spoken_phonemes:de,takes=10`
            or `spoken_phonemes:de,words=ja nein`, which needs the packages espeakng-loader and,
            without words, Babel; or a folder in TIMIT's layout, a `.PHN` file beside each
            recording, also inside `TRAIN` and `TEST`. From Python also a `Source`, or a pair of
            recordings (paths, or arrays at `sample_rate`) and phonemes (lists, or texts with blanks
            between).
        sample_rate: samples a second; recordings of another rate are resampled, which is noted.
        bands: mel bands.
        hop: seconds from a frame to the next. A recording needs a frame for each phoneme, and
            one more between two that are the same, or is refused before training.
        channels: numbers of a vector between the blocks of the WaveNet.
        skip_channels: numbers of a vector that blocks give to the output.
        stacks: how often the dilations of blocks begin anew from 1.
        layers: blocks of a stack, each with twice the dilation of the one before.
        dropout: dropout rate of what enters a block, and before the last layer.
        speed: share by which training recordings are faster or slower at most.
        shift: seconds by which they begin later or earlier at most.
        hidden_bands: share of mel bands that each of two masks of SpecAugment hides at most.
        beam_size: prefixes that the search keeps at each frame; 1 for the most probable path.
        training_samples: recordings to train on, drawn alike for every seed. Defaults to all.
        pretrained: the directory of a run of this recipe or of speech_classification whose WaveNet
            to go on from, such as one of another language, of the same `bands`, `channels`,
            `skip_channels`, `stacks`, `layers` and `sample_rate`. Defaults to none.

    Returns:
        A `Result`, whose `predict` takes recordings, paths or arrays at `sample_rate`, and gives
        the phonemes of each as a text.
    """
    splits = kt.data.open_phoneme_splits(
        data, options, sample_rate=sample_rate, training_samples=training_samples
    )
    head = kt.heads.PhonemeRecognition.for_samples(
        splits.training, beam_size=beam_size, dropout=dropout
    )
    seed = options["seed"]
    encoder = kt.models.frame_encoder(
        sample_rate,
        bands=bands,
        hop=hop,
        hidden_bands=hidden_bands,
        channels=channels,
        skip_channels=skip_channels,
        stacks=stacks,
        layers=layers,
        dropout=dropout,
        seed=seed,
    )
    if pretrained:
        kt.PretrainedSpeech.of_run(pretrained).copy_to(encoder, sample_rate)
    # The masks in the encoder draw from the seed itself.
    changes = kt.models.audio_augmentation(sample_rate, speed=speed, shift=shift, seed=seed + 1)
    preprocessor = kt.preprocessing.PhonemePreprocessor(
        sample_rate, hop=hop, speed=speed, shift=shift
    )
    return kt.Job(
        model=kt.heads.attach(encoder, head, pooling="sequence", before=(changes,)),
        head=head,
        splits=splits,
        preprocessor=preprocessor.fit(splits.training),
        baselines=(kt.baselines.constant_phonemes,),
    )
