"""Fine-tune a pretrained text encoder to tell which of several labels hold for a text."""

from typing import Unpack

import kerastune as kt


@kt.recipe(plan="linear_probe_then_fine_tune", epochs=3, validation_fraction=0.15)
def text_multilabel(
    data: "str | kt.data.Source | None" = None,
    *,
    text_column: str = "text",
    label_column: str = "labels",
    backbone: str = "minilm",
    sequence_length: int | None = None,
    group_by_length: bool = False,
    pooling: str = "mean",
    dropout: float = 0.1,
    label_smoothing: float = 0.0,
    balance_classes: bool = False,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Fine-tune a pretrained text encoder to tell which of several labels hold for a text.

    By default it tells the genres of a film from its title and year. Each label is predicted
    above a threshold of its own, set by the F1 on the validation samples. The test metrics
    stand beside those of the labels' shares and of TF-IDF with a logistic regression for each
    label, whose thresholds are set on the same samples.

    Measured on `movielens_genres` over seeds 0 to 2 on TensorFlow: micro F1 0.408 ± 0.007, macro
    F1 0.257 ± 0.005, mean average precision 0.274 ± 0.001; TF-IDF with logistic regression 0.351,
    0.207 and 0.190, the labels' shares 0.176, 0.161 and 0.096.

    Args:
        data: a JSON, Parquet or Arrow file with texts and lists of labels, or a CSV or TSV
            file whose cells spell them, such as `['a', 'b']`; `movielens_genres`, which needs
            the files of the package recbole, or `docstring_imports`, the modules that the
            examples of docstrings import. From Python also a `Source`, a pair of lists, a
            frame, records, or a data set of Hugging Face. Defaults to the first of these two
            sets whose package is installed, and says which.
        text_column: the column of a table that holds the text.
        label_column: the column of a table that holds the list of labels.
        backbone: `minilm`; a KerasHub preset or handle such as `bert_tiny_en_uncased`;
            or a directory in KerasHub's or Hugging Face's format.
        batch_size: texts a step, or `auto` for as many as memory holds.
        sequence_length: tokens of a text; longer ones are cut, which is noted. Default:
            what 95 % of the training texts need, at most 512 and what the backbone takes.
        group_by_length: whether texts of similar length come in one batch, padded to its
            longest or, where each length is compiled, to the first of at most four that holds
            it. The order depends on the seed alone.
        pooling: `mean` over the tokens, or `first` token.
        dropout: dropout rate inside the backbone and before the last layer.
        label_smoothing: share by which zeros and ones are moved towards one half.
        balance_classes: the same as class_weights=balanced: samples with a label and without
            count the same.

    Returns:
        A `Result`, whose `predict` takes a list of texts and gives a tuple of labels for each.
    """
    if data is None:
        data = kt.data.first_installed("movielens_genres", "docstring_imports")
    read = kt.data.text_reader(text_column, label_column, target_kind="multilabel")
    splits = kt.data.open_splits(data, options, target_kind="multilabel", open_with=read)
    preprocessor = kt.preprocessing.load_text_preprocessor(
        backbone, sequence_length=sequence_length, group_by_length=group_by_length
    ).fit(splits.training)
    head = kt.heads.Multilabel.for_samples(
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
        baselines=(kt.baselines.label_shares, kt.baselines.tf_idf_labels),
    )
