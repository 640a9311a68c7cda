"""Train a WaveNet to write down the phonemes that are said."""

from typing import Unpack

import kerastune as kt


@kt.recipe(epochs=10, learning_rate=1e-2)
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
    dropout: float = 0.1,
    speed: float = 0.1,
    shift: float = 0.05,
    noise: float = 0.0,
    hidden_bands: float = 0.15,
    hidden_time: float = 0.05,
    beam_size: int = 8,
    training_samples: int | None = None,
    pretrained: str | None = None,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Train a WaveNet to write down the phonemes that are said."""
    splits = kt.data.open_phoneme_splits(
        data, options, sample_rate=sample_rate, training_samples=training_samples
    )
    head = kt.heads.PhonemeRecognition.for_samples(
        splits.training, beam_size=beam_size, dropout=dropout
    )
    encoder = kt.models.frame_encoder(
        sample_rate,
        bands=bands,
        hop=hop,
        hidden_bands=hidden_bands,
        hidden_time=hidden_time,
        channels=channels,
        skip_channels=skip_channels,
        stacks=stacks,
        layers=layers,
        dropout=dropout,
        seed=options["seed"],
    )
    if pretrained:
        kt.PretrainedSpeech.of_run(pretrained).copy_to(encoder, sample_rate)
    changes = kt.models.audio_augmentation(
        sample_rate,
        speed=speed,
        shift=shift,
        noise=noise,
        seed=options["seed"] + 1,  # The masks in the encoder draw from the seed itself.
    )
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
