"""Tune a detector to find objects in images."""

from typing import Unpack

import kerastune as kt


@kt.recipe(epochs=16, batch_size=8, learning_rate=1e-3)
def object_detection(
    data: "str | kt.data.Source" = "scenes",
    *,
    backbone: "str | kt.models.ImageBackbone" = "efficientnet_lite0",
    image_size: int | None = None,
    levels: tuple[int, int] | None = None,
    anchor_size: float = 2.0,
    scales: int = 3,
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0),
    width: int = 64,
    layers: int = 2,
    flip: bool = False,
    crop: float = 0.0,
    scale: float = 0.2,
    confidence: float = 0.5,
    overlap: float = 0.5,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Tune a detector to find objects in images.

    It is a RetinaNet: a backbone with feature maps of several resolutions, a feature pyramid that
    joins them, and two towers that say for each of many anchors whether it holds an object of each
    class, and how the box of the object is off the anchor. By default the backbone is
    EfficientNet-Lite0 with ImageNet weights out of a package, and the images are scenes of
    handwritten digits and printed letters on photographs. The mean average precision of COCO
    stands beside that of a search for the mean picture of each class at five scales.

    Measured on `scenes`, TensorFlow, seeds 0 to 2: mean average precision 45.9 ± 0.8 %, at an
    overlap of a half 82.9 ± 0.7 %; class-mean templates 35.6 and 51.7 %. A RetinaNet preset
    of KerasHub is gone on from; its large weights were not measured. D-FINE is not there.

    Args:
        data: a file of COCO (`.json`); a folder that holds one, or files of Pascal VOC (`.xml`),
            beside or around the images, also inside `train` and `test`; or `scenes`. From Python
            also a `Source`, or a pair of images and, for each, a dictionary of `boxes`, left, top,
            right and bottom in pixels, and `classes`.
        backbone: a network of KerasHub with feature maps by level: `efficientnet_lite0`
            (`efficientnet_lite0:none` for random weights), or a preset, handle or directory, such
            as `resnet_50_imagenet`. Of `retinanet_resnet50_fpn_coco` the feature pyramid is taken
            too, and belongs to the backbone; its levels are 3 to 7. From Python also an
            `ImageBackbone`.
        batch_size: images a step, or `auto` for as many as memory holds.
        image_size: height and width in pixels to which images are stretched. Defaults to the
            longer side of the first image, at most 512, or what the backbone takes.
        levels: the finest and the coarsest level of the feature maps: at level 3 they have a place
            for each 8 pixels, at level 4 for each 16. Levels beyond those of the backbone are
            added. Defaults to 3 and the one that suits the largest boxes of the training.
        anchor_size: the side of the smallest anchor of a level, in places of its map.
        scales: sizes of anchors between one level and the next.
        ratios: heights of anchors divided by their widths.
        width: channels of the feature pyramid and the towers.
        layers: convolutions of each tower.
        flip: whether half of the training images are mirrored, left and right.
        crop: share of height and width that a random crop leaves out at most.
        scale: factor by which training images shrink or grow at most.
        confidence: the least score of an object that is answered; it does not change what is
            measured.
        overlap: boxes of one class are one object where their intersection is a larger share of
            their union.

    Returns:
        A `Result`, whose `predict` takes images of any size, values 0 to 255, or paths, and gives
        for each a dictionary of `boxes`, in pixels, `classes` and `scores`, the surest first.
    """
    splits = kt.data.open_detection_splits(data, options)
    base = kt.models.load_pyramid_backbone(
        backbone,
        image_shape=kt.preprocessing.image_shape(splits.training),
        image_size=image_size,
        levels=levels,
        anchor_size=anchor_size,
        largest_object=kt.preprocessing.largest_object(splits.training),
    )
    head = kt.heads.ObjectDetection.for_samples(
        splits.training,
        image_shape=base.image_shape[:2],
        levels=base.levels,
        anchor_size=anchor_size,
        scales=scales,
        ratios=ratios,
        width=width,
        layers=layers,
        confidence=confidence,
        overlap=overlap,
    )
    change = kt.models.box_augmentation(flip=flip, crop=crop, scale=scale, seed=options["seed"])
    return kt.Job(
        model=kt.heads.attach(base.model, head, before=(change, base.scaling)),
        head=head,
        splits=splits,
        preprocessor=kt.preprocessing.BoxPreprocessor(base.image_shape).fit(splits.training),
        baselines=(kt.baselines.class_templates,),
    )
