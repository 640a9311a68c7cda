"""Tune an image network to tell classes apart."""

import kerastune as kt


def image_classification(
    data: "str | kt.data.Source | None" = None,
    test_data: "str | kt.data.Source | None" = None,
    *,
    backbone: str | None = None,
    plan: "str | dict | kt.Plan" = "linear_probe_then_fine_tune",
    epochs: int = 10,
    batch_size: int = 16,
    learning_rate: float = 3e-3,
    image_size: int | None = None,
    flip: str | None = None,
    rotation: float = 0.0,
    crop: float = 0.0,
    zoom: float = 0.0,
    contrast: float = 0.0,
    dropout: float = 0.0,
    label_smoothing: float = 0.1,
    samples_per_class: int | None = None,
    test_fraction: float = 0.25,
    validation_fraction: float = 0.0,
    seed: int = 0,
    precision: str = "float32",
    run_dir: str | None = None,
    overwrite: bool = False,
) -> "kt.Result":
    """Tune an image network to tell classes apart.

    By default a small ResNet is trained on the digits 0 to 4 of scikit-learn's, saved as
    `backbone.keras` in the run directory, and then tuned to tell 5 to 9 apart from 20
    images of each. The plan is printed first; at the end the test metrics stand beside
    the most frequent class and, where images are in arrays, logistic regression on pixels.

    Measured at 10 epochs, TensorFlow, seeds 0 to 2, mean test accuracy: from random weights
    90.8 %, `head_only` 75.6 %, `norms_only` 85.6 %, `biases_only` 73.8 %,
    `gradual_unfreezing` 88.9 %, `discriminative_rates` 88.3 %, `linear_probe_then_fine_tune`
    95.6 %, `full` 96.0 %, `layer_decay` 96.1 %; logistic regression on pixels 96.1 %.

    The textbook case, a frozen ResNet50 with a new head for two classes:

        kerastune run image_classification --data photos/ --backbone applications:ResNet50 \
            --plan head_only --learning_rate 0.01

    Args:
        data: a folder of images, one subfolder a class; `tfds:NAME`; `digits`, or some of
            them such as `digits:5-9`. From Python also a `Source` or a pair of an array of
            images and labels. Values are from 0 to 255. Defaults to `digits:5-9`.
        test_data: samples to test on, in any of these forms. Defaults to a part of `data`.
        backbone: `applications:NAME`, a network of keras.applications with its ImageNet
            weights (`applications:NAME:none` for random ones, `applications:NAME:FILE` for
            those in a file); a KerasHub preset, handle or directory; a `.keras` file, whose
            classifier is left out; or `small_resnet`, with random weights. Defaults to
            `applications:ResNet50`, and without `data` to what the first lines say.
        plan: `linear_probe_then_fine_tune`, another name out of `kerastune.tuning.PLANS` or a
            YAML file. From Python also a `Plan`. One that is not given by name brings its
            own epochs and rates.
        epochs: epochs of the plan; of its last stage for `linear_probe_then_fine_tune`.
        batch_size: images a step.
        learning_rate: the highest rate of the plan. The default suits the
            small ResNet; a network trained on ImageNet wants about a tenth of it.
        image_size: height and width in pixels to which images are stretched. Defaults to
            what suits the backbone.
        flip: `horizontal`, `vertical` or `horizontal_and_vertical`, to mirror half of the
            training images.
        rotation: degrees by which training images are turned at most.
        crop: share of height and width that a random crop leaves out at most.
        zoom: factor by which training images shrink or grow at most.
        contrast: factor by which their contrast falls or rises at most.
        dropout: dropout rate before the last layer.
        label_smoothing: share of each label that is spread over all classes.
        samples_per_class: images of each class to train on; without `test_data` the test is
            on all others. Defaults to all, and without `data` to 20.
        test_fraction: share of `data` to test on, without `test_data` or
            `samples_per_class`.
        validation_fraction: share of the training samples to measure on after each epoch;
            0 for none.
        seed: decides new weights, the order of the images and the augmentation.
        precision: `float32`, or `mixed_bfloat16` on hardware that has it.
        run_dir: where the run is written. Defaults to a new directory under `runs`.
        overwrite: whether a run in `run_dir` may be replaced.

    Returns:
        A `Result`, whose `predict` takes images of any size, values 0 to 255, or paths.

    Raises:
        InputError: if an argument, a file or the data cannot be used.
    """
    run = kt.runs.prepare_run(
        "image_classification",
        locals(),
        run_dir=run_dir,
        overwrite=overwrite,
        seed=seed,
        precision=precision,
    )
    trains_backbone = data is None and backbone is None
    train, test = _samples(data, test_data, samples_per_class, test_fraction)
    samples = kt.data.samples_by_use(train, test, validation_fraction)
    baselines = kt.evaluation.image_baselines(
        train.images, train.labels, test.images, test.labels, train.classes
    )

    base = kt.models.load_image_backbone(
        "small_resnet" if trains_backbone else backbone or "applications:ResNet50",
        image_shape=train.images[0].shape,
        image_size=image_size,
    )
    preprocess = kt.models.ImagePreprocessor(base.image_shape)
    augmentation = kt.models.augmentation(
        base.image_shape,
        flip=flip,
        rotation=rotation,
        crop=crop,
        zoom=zoom,
        contrast=contrast,
        seed=seed,
    )
    head = kt.heads.Classification(train.classes, dropout=dropout, label_smoothing=label_smoothing)
    model = kt.heads.attach(base.model, head, pooling="auto", before=(augmentation, base.scaling))
    chosen = kt.tuning.named_plan(plan, epochs=epochs, learning_rate=learning_rate)
    table = kt.tuning.plan_table(model, chosen)
    if trains_backbone:
        _train_on_other_digits(base, seed)
    run.begin()
    if trains_backbone:
        base.model.save(run.directory / "backbone.keras")
    kt.reporting.announce(table, samples)

    history = kt.training.run_plan(
        model,
        chosen,
        head,
        samples["training"],
        validation=samples.get("validation"),
        batch_size=batch_size,
        seed=seed,
        preprocess=preprocess,
    )

    outputs = kt.training.predict(model, test.images, preprocess=preprocess)
    probabilities = head.probabilities(outputs)
    metrics = kt.evaluation.classification_metrics(test.labels, probabilities, test.classes)
    result = kt.Result(
        "image_classification", model, head, chosen, metrics, history, run.directory, preprocess
    )
    kt.reporting.publish_classification(
        run, result, samples, probabilities, baselines=baselines, plan_table=table
    )
    return result


def _samples(
    data: "str | kt.data.Source | None",
    test_data: "str | kt.data.Source | None",
    samples_per_class: int | None,
    test_fraction: float,
) -> "tuple[kt.data.Source, kt.data.Source]":
    """Training and test samples."""
    if data is None:
        if test_data is not None:
            raise kt.InputError(
                f"Expected `data` with `test_data`. Received: test_data={test_data!r}"
            )
        data = "digits:5-9"
        samples_per_class = 20 if samples_per_class is None else samples_per_class
    train = kt.data.open_source(data)
    if samples_per_class is not None:
        train, rest = kt.data.few_of_each_class(train, samples_per_class, seed=0)
    elif test_data is None:
        train, rest = kt.data.split(train, test_fraction, seed=0)
    if test_data is None:
        return train, rest
    return train, kt.data.open_source(test_data, class_names=train.classes)


def _train_on_other_digits(base: "kt.models.ImageBackbone", seed: int) -> None:
    """Train a new backbone on classes that it is not going to be tuned for."""
    source = kt.data.open_source("digits:0-4")
    head = kt.heads.Classification(source.classes, label_smoothing=0.1)
    model = kt.heads.attach(base.model, head, pooling="auto", before=(base.scaling,))
    plan = kt.tuning.full(epochs=6, learning_rate=3e-3)
    kt.reporting.announce(kt.tuning.plan_table(model, plan), {"backbone training": source})
    kt.training.run_plan(
        model,
        plan,
        head,
        source,
        batch_size=32,
        seed=seed,
        preprocess=kt.models.ImagePreprocessor(base.image_shape),
    )
