"""Fine-tune a pretrained text encoder to classify sentences."""

from typing import Unpack

import kerastune as kt


@kt.recipe(plan="linear_probe_then_fine_tune", epochs=3, validation_fraction=0.05)
def text_classification(
    data: "str | kt.data.Source" = "docstrings",
    *,
    text_column: str = "text",
    label_column: str = "label",
    backbone: str = "minilm",
    sequence_length: int | None = None,
    group_by_length: bool = False,
    pooling: str = "mean",
    dropout: float = 0.1,
    label_smoothing: float = 0.1,
    balance_classes: bool = False,
    samples_per_class: int | None = None,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Fine-tune a pretrained text encoder to classify sentences.

    The plan is printed first; at the end the test metrics stand beside two baselines
    fitted on the same samples: always the most frequent class, and TF-IDF with
    logistic regression. The samples held out for the test do not depend on the seed.

    Measured on the docstring sentences: 78.3 % accuracy as the mean of three backends and
    three seeds, TF-IDF with logistic regression 74.0 %; docs/results.md has it by plan.

    Args:
        data: a CSV, TSV, JSON, Parquet or Arrow file; a folder of text files, one subfolder
            a class, also inside `train` and `test`; `tfds:NAME`; or `docstrings`, sentences
            about ten topics. From Python also a `Source`, a pair of lists, a frame, records,
            or a data set of Hugging Face.
        text_column: the column of a table that holds the text.
        label_column: the column of a table that holds the label.
        backbone: `minilm`; a KerasHub preset or handle such as `bert_tiny_en_uncased`;
            or a directory in KerasHub's or Hugging Face's format.
        batch_size: sentences a step, or `auto` for as many as memory holds.
        sequence_length: tokens of a sentence; longer ones are cut, which is noted. Default:
            what 95 % of the training sentences need, at most 512 and what the backbone takes.
        group_by_length: whether sentences of similar length come in one batch, padded to its
            longest or, where each length is compiled, to the first of at most four that holds
            it. The order depends on the seed alone.
        pooling: `mean` over the tokens, or `first` token.
        dropout: dropout rate inside the backbone and before the last layer.
        label_smoothing: share of each label that is spread over all classes.
        balance_classes: the same as class_weights=balanced.
        samples_per_class: sentences of each class to train and validate on; the others of
            the training samples are left out. Defaults to all.

    Returns:
        A `Result`, whose `predict` takes a list of sentences.
    """
    splits = kt.data.open_splits(
        data,
        options,
        target_kind="class",
        samples_per_class=samples_per_class,
        open_with=kt.data.text_reader(text_column, label_column),
    )
    preprocessor = kt.preprocessing.load_text_preprocessor(
        backbone, sequence_length=sequence_length, group_by_length=group_by_length
    ).fit(splits.training)
    head = kt.heads.Classification.for_samples(
        splits.training,
        label_smoothing=label_smoothing,
        balance_classes=balance_classes,
        dropout=dropout,
    )
    return kt.Job(
        model=kt.heads.attach(
            kt.models.load_backbone(backbone, dropout=dropout), head, pooling=pooling
        ),
        head=head,
        splits=preprocessor.noted(splits),
        preprocessor=preprocessor,
        baselines=(kt.baselines.majority_class, kt.baselines.tf_idf),
    )
