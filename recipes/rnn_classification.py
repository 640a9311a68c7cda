"""Train a recurrent network from nothing to classify texts."""

from typing import Unpack

import kerastune as kt


@kt.recipe(epochs=15, learning_rate=2e-3, validation_fraction=0.05)
def rnn_classification(
    data: "str | kt.data.Source" = "docstrings",
    *,
    text_column: str = "text",
    label_column: str = "label",
    cell: str = "gru",
    bidirectional: bool = True,
    pooling: str = "attention",
    width: int = 128,
    units: int = 64,
    vocabulary_size: int = 2000,
    sequence_length: int | None = None,
    dropout: float = 0.5,
    word_dropout: float = 0.5,
    label_smoothing: float = 0.1,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Train a recurrent network from nothing to classify texts.

    Word embeddings, and a network that reads one word after the other, forwards and backwards;
    its states are weighted by attention. The vocabulary is made of the training texts. The test
    metrics stand beside those of the most frequent class, of a bag of trained embeddings, and of
    TF-IDF with logistic regression.

    Measured on the docstring sentences, TensorFlow, seeds 0 to 2: 70.1 ± 0.5 % accuracy, 69.6 ±
    1.0 % on JAX, 69.7 ± 1.3 % on PyTorch; a bag of trained embeddings 68.9 %; TF-IDF with logistic
    regression 74.0 %.

    Args:
        data: a CSV, TSV, JSON, Parquet or Arrow file; a folder of text files, one subfolder
            a class, also inside `train` and `test`; `tfds:imdb_reviews` or another
            `tfds:NAME`; or `docstrings`, sentences about ten topics. From Python also a
            `Source`, a pair of lists, a frame, records, or a data set of Hugging Face.
        text_column: the column of a table that holds the text.
        label_column: the column of a table that holds the label.
        cell: `simple_rnn`, `lstm` or `gru`.
        bidirectional: whether a second network reads from the end.
        pooling: `attention` over all states, or `last` for the state after the last word.
        width: numbers of a word's embedding.
        units: numbers of a state, in each direction.
        vocabulary_size: the most words that are known, the most frequent ones, with four
            special tokens.
        sequence_length: words of a text; longer ones are cut, which is noted. Default: what
            95 % of the training texts need, at most 512.
        dropout: dropout rate before the last layer.
        word_dropout: share of words whose embeddings are left out in training.
        label_smoothing: share of each label that is spread over all classes.

    Returns:
        A `Result`, whose `predict` takes a list of texts.
    """
    read = kt.data.text_reader(text_column, label_column)
    splits = kt.data.open_splits(data, options, target_kind="class", open_with=read)
    preprocessor = kt.preprocessing.WordPreprocessor(vocabulary_size, sequence_length).fit(
        splits.training
    )
    head = kt.heads.Classification.for_samples(
        splits.training, dropout=dropout, label_smoothing=label_smoothing
    )
    body = kt.models.recurrent_encoder(
        preprocessor.tokenizer.size,
        cell=cell,
        bidirectional=bidirectional,
        pooling=pooling,
        width=width,
        units=units,
        dropout=word_dropout,
    )
    return kt.Job(
        model=kt.heads.attach(body, head),
        head=head,
        splits=preprocessor.noted(splits),
        preprocessor=preprocessor,
        baselines=(kt.baselines.majority_class, *kt.baselines.BAGS_OF_WORDS),
    )
