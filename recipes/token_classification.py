"""Fine-tune a pretrained text encoder to tag the tokens of sentences."""

from typing import Unpack

import kerastune as kt


@kt.recipe(epochs=6, batch_size=16, validation_fraction=0.1)
def token_classification(
    data: "str | kt.data.Source" = "python_source",
    *,
    token_column: int = 0,
    tag_column: int = -1,
    tokens_name: str = "tokens",
    tags_name: str | None = None,
    sentence_name: str | None = None,
    backbone: str = "minilm",
    sequence_length: int | None = None,
    dropout: float = 0.1,
    label_smoothing: float = 0.0,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Fine-tune a pretrained text encoder to tag the tokens of sentences.

    Tags may mark spans, such as the names of persons and places, and are then measured by
    span, as seqeval does; or tell what each token is, such as its part of speech. A token is
    learned and answered for at its first piece. At the end the test metrics stand beside two
    baselines fitted on the same samples: each token's most frequent tag, and logistic
    regression on the token and its neighbours.

    Measured on `python_source`: span F1 98.0 % (PyTorch, mean of seeds 0 to 2), logistic
    regression on token features 95.1 %.

    Args:
        data: a CoNLL file; a CSV or another table with lists of tokens and tags, or with one
            token a row and a column that tells its sentence; a folder with such files called
            `train` and `test`; `tfds:NAME`, such as `tfds:conll2003`; or
            `python_source`, lines of Python with the names in them. From Python also a `Source`,
            a pair of lists of lists, a frame, records, or a data set of Hugging Face.
        token_column: the column of a CoNLL file that holds the token, from 0.
        tag_column: the column of a CoNLL file that holds the tag; -1 for the last.
        tokens_name: the column that holds the tokens, of a table or `tfds:`; in tables also
            `word` and the like.
        tags_name: the one that holds the tags. Defaults to `ner` for `tfds:`, and in tables to
            `tags`, `ner_tags`, `tag` and the like.
        sentence_name: the one that tells the sentence, of a table with one token a row: in each
            row, or in the first of a sentence. Defaults to `sentence_id`, `Sentence #` and the
            like.
        backbone: `minilm`; a KerasHub preset or handle such as `bert_tiny_en_uncased`; or a
            directory in KerasHub's or Hugging Face's format.
        batch_size: sentences a step, or `auto` for as many as memory holds.
        sequence_length: pieces of a sentence; tokens behind them are not learned, and get the
            answer `O`. Default: what 99 % of the training sentences need, at most 512 and what
            the backbone takes.
        dropout: dropout rate inside the backbone and before the last layer.
        label_smoothing: share of each tag that is spread over all tags.

    Returns:
        A `Result`, whose `predict` takes a list of lists of tokens and gives their tags.
    """
    splits = kt.data.open_splits(
        data,
        options,
        open_with=kt.data.token_reader(
            token_column, tag_column, tokens_name, tags_name, sentence_name
        ),
    )
    preprocessor = kt.preprocessing.load_token_preprocessor(
        backbone, sequence_length=sequence_length
    ).fit(splits.training)
    head = kt.heads.TokenClassification.for_samples(
        splits.training, label_smoothing=label_smoothing, dropout=dropout
    )
    return kt.Job(
        model=kt.heads.attach(
            kt.models.load_backbone(backbone, dropout=dropout), head, pooling="sequence"
        ),
        head=head,
        splits=preprocessor.noted(splits),
        preprocessor=preprocessor,
        baselines=(kt.baselines.most_frequent_tag, kt.baselines.token_features),
    )
