"""Train a Transformer to write one text for another."""

from typing import Literal, Unpack

import kerastune as kt


@kt.recipe(epochs=12, learning_rate=3e-3, validation_fraction=0.1)
def translation(
    data: "str | kt.data.Source | None" = None,
    *,
    source_column: str = "source",
    target_column: str = "target",
    tokenizer: Literal["characters", "byte_pairs"] = "characters",
    vocabulary_size: int = 1000,
    source_length: int | None = None,
    target_length: int | None = None,
    width: int = 64,
    layers: int = 1,
    attention_heads: int = 2,
    dropout: float = 0.1,
    beam_size: int = 4,
    length_normalization: float = 1.0,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Train a Transformer to write one text for another.

    An encoder reads the source, and a decoder writes the target token by token; both start from
    nothing. Training gives the decoder the true tokens before each position. Answers are found by
    beam search, and measured by chrF, BLEU and the share that is exactly the reference, beside
    those of the nearest training source.

    Measured on `dates:en:de` with seeds 0 to 2, chrF: 97.2 ± 0.9 on TensorFlow, 98.2 ± 0.4 on
    JAX, 98.5 ± 0.5 on PyTorch; the target of the nearest training source 73.8.

    Args:
        data: a CSV, TSV, JSON, Parquet or Arrow file with a column of sources and one of targets;
            `dates:en:de`, dates by Babel; `numbers:en:fr`, numbers in words by num2words; or
            `places:en:de`, names of countries, their parts, languages and currencies by pycountry;
            each for other languages too. From Python also a `Source`, a pair of lists, a frame or
            records. Defaults to the first of `dates`, `numbers` and `places` whose package is
            installed, and says which.
        source_column: the column of a table that holds the sources.
        target_column: the column of a table that holds the targets.
        tokenizer: `characters`, or `byte_pairs`, frequent runs of bytes. Both texts have one
            vocabulary.
        vocabulary_size: the most tokens of the vocabulary.
        batch_size: pairs a step, or `auto` for as many as memory holds.
        source_length: tokens of a source, its end included; longer ones are cut, which is noted.
            Default: what the longest training source needs, at most 128.
        target_length: likewise for targets.
        width: width of the features, which the attention heads divide.
        layers: layers of the encoder, and as many of the decoder.
        attention_heads: heads of each attention.
        dropout: dropout rate in all layers.
        beam_size: sequences that are followed at each position; 1 for greedy decoding.
        length_normalization: power of the length by which the log-probability of an answer is
            divided; 0 for the most probable one.

    Returns:
        A `Result`, whose `predict` takes a list of sources and gives a text for each.
    """
    if data is None:
        data = kt.data.first_installed("dates", "numbers", "places")
    read = kt.data.text_pair_reader(source_column, target_column)
    splits = kt.data.open_splits(data, options, target_kind="text", open_with=read)
    preprocessor = kt.preprocessing.TextPairPreprocessor(
        tokenizer,
        vocabulary_size=vocabulary_size,
        source_length=source_length,
        target_length=target_length,
    ).fit(splits.training)
    size = preprocessor.tokenizer.size
    head = kt.heads.Translation.for_samples(
        splits.training,
        vocabulary_size=size,
        beam_size=beam_size,
        length_normalization=length_normalization,
    )
    body = kt.models.encoder_decoder(
        size,
        *preprocessor.lengths_of_both,
        width=width,
        layers=layers,
        attention_heads=attention_heads,
        dropout=dropout,
    )
    return kt.Job(
        model=kt.heads.attach(body, head, pooling="sequence"),
        head=head,
        splits=preprocessor.noted(splits),
        preprocessor=preprocessor,
        baselines=(kt.baselines.nearest_source,),
    )
