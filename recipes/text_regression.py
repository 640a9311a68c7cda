"""Fine-tune a pretrained text encoder to predict quantities of texts."""

from typing import Unpack

import kerastune as kt


@kt.recipe(
    plan="linear_probe_then_fine_tune", epochs=3, learning_rate=1e-4, validation_fraction=0.1
)
def text_regression(
    data: "str | kt.data.Source | None" = None,
    *,
    text_column: str = "text",
    label_column: str = "label",
    backbone: str = "minilm",
    sequence_length: int | None = None,
    group_by_length: bool = False,
    pooling: str = "mean",
    head: str = "gaussian",
    dropout: float = 0.1,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Fine-tune a pretrained text encoder to predict quantities of texts.

    By default it tells how well a film is rated, from 1 to 5 stars, from its title, year and
    genres, with an interval for each. The test metrics stand beside those of the mean and of
    TF-IDF with ridge regression.

    Measured on `movielens_ratings` with seeds 0 to 2 on TensorFlow: R² 0.286 ± 0.010, mean
    absolute error 0.374 ± 0.003 stars; TF-IDF with ridge regression 0.168 and 0.421. The interval
    for 90 % holds 82 % of the test films.

    Args:
        data: a CSV, TSV, JSON, Parquet or Arrow file with texts and numbers; `tfds:NAME`;
            `movielens_ratings`, which needs the files of the package recbole, or
            `docstring_lengths`, how long the functions are that docstrings describe, as
            logarithms. From Python also a `Source`, a pair of lists, a frame, records, or a
            data set of Hugging Face. Defaults to the first of these two sets whose package is
            installed, and says which.
        text_column: the column of a table that holds the text.
        label_column: the column of a table that holds the number to predict.
        backbone: `minilm`; a KerasHub preset or handle such as `bert_tiny_en_uncased`;
            or a directory in KerasHub's or Hugging Face's format.
        batch_size: texts a step, or `auto` for as many as memory holds.
        sequence_length: tokens of a text; longer ones are cut, which is noted. Default:
            what 95 % of the training texts need, at most 512 and what the backbone takes.
        group_by_length: whether texts of similar length come in one batch, padded to its
            longest or, where each length is compiled, to the first of at most four that holds
            it. The order depends on the seed alone.
        pooling: `mean` over the tokens, or `first` token.
        head: `gaussian`, with a predicted variance; `quantile`, with an interval; `regression`,
            squared error; or `ordinal`, for a few whole numbers in order. The first two report
            the coverage of their intervals, which are set on the validation samples.
        dropout: dropout rate inside the backbone and before the last layer.

    Returns:
        A `Result`, whose `predict` takes a list of texts.
    """
    if data is None:
        data = kt.data.first_installed("movielens_ratings", "docstring_lengths")
    read = kt.data.text_reader(text_column, label_column, target_kind="quantity")
    splits = kt.data.open_splits(data, options, target_kind="quantity", open_with=read)
    preprocessor = kt.preprocessing.load_text_preprocessor(
        backbone, sequence_length=sequence_length, group_by_length=group_by_length
    ).fit(splits.training)
    chosen = kt.heads.quantity_head(head).for_samples(splits.training, dropout=dropout)
    return kt.Job(
        model=kt.heads.attach(
            kt.models.load_backbone(backbone, dropout=dropout), chosen, pooling=pooling
        ),
        head=chosen,
        splits=preprocessor.noted(splits),
        preprocessor=preprocessor,
        baselines=(kt.baselines.mean, kt.baselines.tf_idf_ridge),
    )
