"""Train a network to tell the classes of the rows of a table."""

from typing import Unpack

import kerastune as kt


@kt.recipe(epochs=20, learning_rate=3e-3)
def tabular_classification(
    data: "str | kt.data.Source" = "breast_cancer",
    *,
    target: str | None = None,
    drop: list[str] | None = None,
    categories: list[str] | None = None,
    scaling: str = "standard",
    min_category_count: int = 5,
    widths: tuple[int, ...] = (128, 64),
    dropout: float = 0.3,
    label_smoothing: float = 0.0,
    balance_classes: bool = False,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Train a network to tell the classes of the rows of a table.

    Columns of numbers, categories and dates, with missing values, go into a multilayer
    perceptron with embeddings. The test metrics stand beside those of the most frequent class,
    of logistic regression and of boosted trees, which are often the better choice.

    Measured on `breast_cancer`, test accuracy over seeds 0 to 2: 95.5 ± 0.4 %; logistic
    regression 95.8 %, boosted trees 95.1 %.

    Args:
        data: a CSV, TSV, JSON, Parquet or Arrow file; `breast_cancer` or `wine`; from Python
            also a `Source`, a frame of Polars or pandas, a table of Arrow, a data set of Hugging
            Face, records, or a dictionary of columns.
        target: the column to predict; the named tables bring their own.
        drop: columns to leave out, such as identifiers.
        categories: columns of numbers to be read as categories, such as codes.
        batch_size: rows a step, or `auto` for as many as memory holds.
        scaling: `standard` for mean and standard deviation; `robust` for median and quartiles,
            with numbers far out pulled in.
        min_category_count: training rows that a category needs for an embedding of its own;
            rarer and new ones share one.
        widths: units of each block of the network.
        dropout: dropout rate of each block.
        label_smoothing: share of each label that is spread over all classes.
        balance_classes: the same as class_weights=balanced.

    Returns:
        A `Result`, whose `predict` takes rows in any of the forms of `data`, without the
        target.
    """
    splits = kt.data.open_table_splits(
        data, options, target_kind="class", target=target, drop=drop, categories=categories
    )
    preprocessor = kt.preprocessing.TablePreprocessor(scaling, min_category_count).fit(
        splits.training
    )
    backbone = kt.models.tabular_mlp(
        preprocessor.number_width, preprocessor.category_sizes, widths=widths, dropout=dropout
    )
    head = kt.heads.Classification.for_samples(
        splits.training,
        label_smoothing=label_smoothing,
        balance_classes=balance_classes,
    )
    return kt.Job(
        model=kt.heads.attach(backbone, head),
        head=head,
        splits=preprocessor.noted(splits),
        preprocessor=preprocessor,
        baselines=(
            kt.baselines.majority_class,
            kt.baselines.linear_model,
            kt.baselines.boosted_trees,
        ),
    )
