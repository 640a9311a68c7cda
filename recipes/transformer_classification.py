"""Train a Transformer encoder, from nothing or pretrained on texts, to classify texts."""

from typing import Unpack

import kerastune as kt


@kt.recipe(epochs=12, learning_rate=1e-3, validation_fraction=0.05)
def transformer_classification(
    data: "str | kt.data.Source" = "docstrings",
    *,
    text_column: str = "text",
    label_column: str = "label",
    layers: int = 1,
    heads: int = 4,
    width: int = 128,
    normalize_first: bool = True,
    vocabulary_size: int = 2000,
    sequence_length: int | None = None,
    pretrained: str | None = None,
    dropout: float = 0.3,
    word_dropout: float = 0.3,
    label_smoothing: float = 0.1,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Train a Transformer encoder, from nothing or pretrained on texts, to classify texts.

    Embeddings of words and of positions, blocks of self-attention and feed-forward networks, and
    the mean over all words. The vocabulary is made of the training texts. The test metrics stand
    beside those of the most frequent class, of a bag of trained embeddings, and of TF-IDF with
    logistic regression.

    Measured on the docstring sentences, TensorFlow, seeds 0 to 2: 70.0 ± 0.7 % accuracy, 69.6 ±
    0.7 % on JAX, 69.8 ± 0.5 % on PyTorch; a bag of trained embeddings 68.9 %; TF-IDF with logistic
    regression 74.0 %.

    Args:
        data: a CSV, TSV, JSON, Parquet or Arrow file; a folder of text files, one subfolder
            a class, also inside `train` and `test`; `tfds:imdb_reviews` or another
            `tfds:NAME`; or `docstrings`, sentences about ten topics. From Python also a
            `Source`, a pair of lists, a frame, records, or a data set of Hugging Face.
        text_column: the column of a table that holds the text.
        label_column: the column of a table that holds the label.
        layers: blocks of attention.
        heads: attention heads of a block, which divide the width.
        width: numbers of a word's embedding.
        normalize_first: whether layer normalization comes before attention and feed-forward
            network, or after each, as in the first Transformer.
        vocabulary_size: the most words that are known, the most frequent ones, with four
            special tokens. A pretrained encoder keeps its own vocabulary.
        sequence_length: words of a text; longer ones are cut, which is noted. Default: what
            95 % of the training texts need, at most 512, or what a pretrained encoder takes.
        pretrained: the directory of a run of `masked_language_model` to go on from, with its
            tokens and the weights of its encoder, which has to be of the same `layers`, `heads`,
            `width` and `normalize_first`. Defaults to none, for an encoder from nothing.
        dropout: dropout rate of embeddings, within blocks and before the last layer.
        word_dropout: share of words whose embeddings are left out in training.
        label_smoothing: share of each label that is spread over all classes.

    Returns:
        A `Result`, whose `predict` takes a list of texts.
    """
    read = kt.data.text_reader(text_column, label_column)
    splits = kt.data.open_splits(data, options, target_kind="class", open_with=read)
    start = kt.PretrainedEncoder.of_run(pretrained) if pretrained else None
    preprocessor = kt.preprocessing.WordPreprocessor(
        vocabulary_size,
        sequence_length,
        tokenizer=start.tokenizer if start else None,
        longest=start.sequence_length if start else None,
    ).fit(splits.training)
    head = kt.heads.Classification.for_samples(
        splits.training, dropout=dropout, label_smoothing=label_smoothing
    )
    body = kt.models.transformer_encoder(
        preprocessor.tokenizer.size,
        preprocessor.sequence_length,
        layers=layers,
        heads=heads,
        width=width,
        normalize_first=normalize_first,
        dropout=dropout,
        word_dropout=word_dropout,
    )
    if start:
        start.copy_to(body)
    return kt.Job(
        model=kt.heads.attach(body, head, pooling="mean"),
        head=head,
        splits=preprocessor.noted(splits),
        preprocessor=preprocessor,
        baselines=(kt.baselines.majority_class, *kt.baselines.BAGS_OF_WORDS),
    )
