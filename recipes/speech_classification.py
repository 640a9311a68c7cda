"""Train a WaveNet to tell spoken words apart."""

from typing import Unpack

import kerastune as kt


@kt.recipe(epochs=10, learning_rate=1e-2, batch_size=32)
def speech_classification(
    data: "str | kt.data.Source" = "spoken_words",
    *,
    sample_rate: int = 8000,
    front_end: str = "log_mel",
    bands: int = 40,
    channels: int = 32,
    skip_channels: int = 64,
    stacks: int = 1,
    layers: int = 6,
    dropout: float = 0.1,
    speed: float = 0.1,
    shift: float = 0.05,
    noise: float = 0.0,
    hidden_bands: float = 0.15,
    hidden_time: float = 0.1,
    samples_per_class: int | None = None,
    pretrained: str | None = None,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Train a WaveNet to tell spoken words apart.

    Dilated causal convolutions with gated units, residual and skip connections hear a whole
    utterance, and the mean over time of what they give tells the word.
    """
    splits = kt.data.open_audio_splits(
        data, options, sample_rate=sample_rate, samples_per_class=samples_per_class
    )
    preprocessor = kt.preprocessing.AudioPreprocessor(sample_rate).fit(splits.training)
    head = kt.heads.Classification.for_samples(splits.training, dropout=dropout)
    encoder = kt.models.speech_encoder(
        sample_rate,
        front_end=front_end,
        bands=bands,
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
        sample_rate, speed=speed, shift=shift, noise=noise, seed=options["seed"] + 1
    )
    return kt.Job(
        model=kt.heads.attach(encoder, head, before=(changes,)),
        head=head,
        splits=splits,
        preprocessor=preprocessor,
        baselines=(kt.baselines.majority_class, kt.baselines.mean_log_mel),
    )
