"""Train or tune an image network to predict quantities."""

import kerastune as kt


def image_regression(
    data: "str | kt.data.Source" = "rotated_digits",
    test_data: "str | kt.data.Source | None" = None,
    *,
    backbone: str = "small_resnet",
    plan: "str | dict | kt.Plan" = "full",
    epochs: int = 10,
    batch_size: int = 32,
    learning_rate: float = 3e-3,
    image_size: int | None = None,
    dropout: float = 0.0,
    test_fraction: float = 0.25,
    validation_fraction: float = 0.0,
    seed: int = 0,
    precision: str = "float32",
    run_dir: str | None = None,
    overwrite: bool = False,
) -> "kt.Result":
    """Train or tune an image network to predict quantities.

    By default it tells by how many degrees, from -60 to 60, a handwritten digit was
    turned. At the end the mean absolute error, the root mean squared error and R² on the
    test samples stand beside those of always predicting the mean.

    Measured after 10 epochs: mean absolute error 2.3 degrees, R² 0.993; the mean is off by
    31.2 degrees.

    Args:
        data: `rotated_digits`, or from Python a `Source` or a pair of an array of images,
            values from 0 to 255, and an array of floats, one or several an image.
        test_data: samples to test on, likewise. Defaults to a part of `data`.
        backbone: `small_resnet`, with random weights; `applications:NAME`, a network of
            keras.applications with its ImageNet weights (`applications:NAME:none` for random
            ones, `applications:NAME:FILE` for those in a file); a KerasHub preset, handle or
            directory; or a `.keras` file, whose last dense layer is left out.
        plan: `full`, another name out of `kerastune.tuning.PLANS` or a
            YAML file. From Python also a `Plan`. One that is not given by name brings its
            own epochs and rates.
        epochs: epochs of the plan; of its last stage for `linear_probe_then_fine_tune`.
        batch_size: images a step.
        learning_rate: the highest rate of the plan.
        image_size: height and width in pixels to which images are stretched. Defaults to
            what suits the backbone.
        dropout: dropout rate before the last layer.
        test_fraction: share of `data` to test on, without `test_data`; it does not depend on
            the seed.
        validation_fraction: share of the training samples to measure on after each epoch;
            0 for none.
        seed: decides new weights and the order of the images.
        precision: `float32`, or `mixed_bfloat16` on hardware that has it.
        run_dir: where the run is written. Defaults to a new directory under `runs`.
        overwrite: whether a run in `run_dir` may be replaced.

    Returns:
        A `Result`, whose `predict` takes images of any size, values 0 to 255, or paths.

    Raises:
        InputError: if an argument, a file or the data cannot be used.
    """
    run = kt.runs.prepare_run(
        "image_regression",
        locals(),
        run_dir=run_dir,
        overwrite=overwrite,
        seed=seed,
        precision=precision,
    )
    train = kt.data.open_source(data)
    if test_data is None:
        train, test = kt.data.split(train, test_fraction, seed=0)
    else:
        test = kt.data.open_source(test_data)
    samples = kt.data.samples_by_use(train, test, validation_fraction)
    baselines = {"mean": kt.evaluation.mean_baseline(train.quantities, test.quantities)}

    base = kt.models.load_image_backbone(
        backbone, image_shape=train.images[0].shape, image_size=image_size
    )
    preprocess = kt.models.ImagePreprocessor(base.image_shape)
    head = kt.heads.Regression.fitted_to(train.quantities, dropout=dropout)
    model = kt.heads.attach(base.model, head, pooling="auto", before=(base.scaling,))
    chosen = kt.tuning.named_plan(plan, epochs=epochs, learning_rate=learning_rate)
    table = kt.tuning.plan_table(model, chosen)
    run.begin()
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
    predictions = head.decode(outputs)
    metrics = kt.evaluation.regression_metrics(test.quantities, predictions)
    result = kt.Result(
        "image_regression", model, head, chosen, metrics, history, run.directory, preprocess
    )
    kt.reporting.publish_regression(
        run, result, samples, predictions, baselines=baselines, plan_table=table
    )
    return result
