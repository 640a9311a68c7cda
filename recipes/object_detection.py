"""Tune a detector to find objects in images."""

from typing import Unpack

import kerastune as kt


@kt.recipe(epochs=12, batch_size=16, learning_rate=1e-3)
def object_detection(
    data: "str | kt.data.Source" = "scenes",
    *,
    backbone: "str | kt.models.ImageBackbone" = "efficientnet_lite0",
    image_size: int | None = None,
    levels: tuple[int, int] = (3, 5),
    anchor_size: float = 2.0,
    scales: int = 3,
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0),
    width: int = 64,
    layers: int = 2,
    flip: bool = False,
    crop: float = 0.0,
    scale: float = 0.0,
    confidence: float = 0.5,
    overlap: float = 0.5,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Tune a detector to find objects in images."""
    splits = kt.data.open_detection_splits(data, options)
    base = kt.models.load_pyramid_backbone(
        backbone,
        image_shape=kt.preprocessing.image_shape(splits.training),
        image_size=image_size,
        levels=levels,
    )
    head = kt.heads.ObjectDetection.for_samples(
        splits.training,
        image_shape=base.image_shape[:2],
        levels=levels,
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
