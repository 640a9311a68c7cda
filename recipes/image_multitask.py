"""Learn a class and a quantity of images at once, on one backbone."""

from typing import Unpack

import kerastune as kt


@kt.recipe
def image_multitask(
    data: "str | kt.data.Source" = "digits_and_angles",
    *,
    image_column: str | None = None,
    label_columns: list[str] | None = None,
    backbone: str = "small_resnet",
    image_size: int | None = None,
    dropout: float = 0.0,
    label_smoothing: float = 0.0,
    balance_classes: bool = False,
    class_weight: float = 1.0,
    quantity_weight: float = 1.0,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Learn a class and a quantity of images at once, on one backbone.

    By default it tells which handwritten digit an image shows, and by how many degrees it
    was turned. Every target has a head of its own: classes cross-entropy, quantities squared
    error; the losses are added up.

    Measured on PyTorch, means of seeds 0 to 2: 95.3 % of the digits right, their angle off by
    4.1 degrees.

    Args:
        data: a CSV or another table that lists paths of images, with a column for each class
            and quantity; or `digits_and_angles`. From Python also a frame, records, a data set
            of Hugging Face, or a `Source` with two or more targets of the kinds `class` and
            `quantity`; `kerastune.data.from_records` makes one.
        image_column: the column of a table that holds paths of images, relative to the table.
            Defaults to the only one that looks like it.
        label_columns: the columns of a table to predict, by default all others; numbers with
            fractions, and whole numbers that seldom come back, are quantities.
        backbone: `small_resnet`, with random weights; `efficientnet_lite0`, with ImageNet
            weights out of a package (extra `demo`), which needs no network; a network of
            keras.applications such as `ResNet50` with its ImageNet weights (`ResNet50:none` for
            random ones, `ResNet50:FILE` for those in a file); a KerasHub preset,
            handle or directory; or a `.keras` file, whose last dense layer is left out.
        batch_size: images a step, or `auto` for as many as memory holds.
        image_size: height and width in pixels to which images are stretched. Defaults to
            what suits the backbone.
        dropout: dropout rate before the last layers.
        label_smoothing: share of each label that is spread over all classes.
        balance_classes: the same as class_weights=balanced.
        class_weight: how much the loss of each class counts.
        quantity_weight: how much the loss of each quantity counts.

    Returns:
        A `Result`, whose `predict` takes images of any size, values 0 to 255, or paths.
    """
    read = kt.data.image_reader(image_column, label_columns or ())
    splits = kt.data.open_splits(data, options, open_with=read)
    heads: dict[str, kt.Head] = {}
    weights: dict[str, float] = {}
    for name in splits.training.targets:
        if splits.columns[name].kind == "quantity":
            heads[name] = kt.heads.Regression.for_samples(splits.training, name, dropout=dropout)
            weights[name] = quantity_weight
        else:
            heads[name] = kt.heads.Classification.for_samples(
                splits.training,
                name,
                balance_classes=balance_classes,
                dropout=dropout,
                label_smoothing=label_smoothing,
            )
            weights[name] = class_weight
    several = kt.heads.Several(heads, weights=weights)
    shape = kt.preprocessing.image_shape(splits.training)
    base = kt.models.load_image_backbone(backbone, image_shape=shape, image_size=image_size)
    return kt.Job(
        model=kt.heads.attach(base.model, several, pooling="auto", before=(base.scaling,)),
        head=several,
        splits=splits,
        preprocessor=kt.preprocessing.ImagePreprocessor(base.image_shape).fit(splits.training),
        baselines=(kt.baselines.constant,),
    )
