"""Fine-tune a pretrained text encoder to classify sentences."""

import kerastune as kt


def text_classification(
    data: "str | kt.data.Source" = "docstrings",
    test_data: "str | kt.data.Source | None" = None,
    *,
    text_column: str = "text",
    label_column: str = "label",
    backbone: str = "minilm",
    plan: "str | dict | kt.Plan" = "linear_probe_then_fine_tune",
    epochs: int = 3,
    batch_size: int = 32,
    learning_rate: float = 5e-4,
    sequence_length: int = 48,
    pooling: str = "mean",
    dropout: float = 0.1,
    label_smoothing: float = 0.1,
    balance_classes: bool = False,
    samples_per_class: int | None = None,
    test_fraction: float = 0.25,
    validation_fraction: float = 0.1,
    seed: int = 0,
    precision: str = "float32",
    run_dir: str | None = None,
    overwrite: bool = False,
) -> "kt.Result":
    """Fine-tune a pretrained text encoder to classify sentences.

    The plan is printed first; at the end the test metrics stand beside two baselines
    fitted on the same samples: always the most frequent class, and TF-IDF with
    logistic regression. The samples held out for the test do not depend on the seed.

    Measured on the docstring sentences, test accuracy: 78.9, 77.2 and 76.4 % on TensorFlow
    with seeds 0 to 2, 77.3 % on JAX with seed 0, 77.7 and 77.9 % on PyTorch with seeds 0
    and 1; TF-IDF with logistic regression 74.0 %. By plan (TensorFlow, seed 0, 4 epochs in
    all, with all sentences and with 20 a class for 12 epochs): `head_only` 70.7 and 56.6,
    `norms_only` 72.7 and 55.5, `biases_only` 70.7 and 57.2, `full` 74.6 and 55.1,
    `layer_decay` 74.4 and 55.3, `discriminative_rates` 76.9 and 59.0, `gradual_unfreezing`
    74.7 and 57.4, `linear_probe_then_fine_tune` 78.0 and 57.4 %.

    Args:
        data: a CSV, TSV, JSONL or Parquet file; a folder of text files, one subfolder
            a class; `tfds:NAME`; or `docstrings`, sentences about ten topics. From
            Python also a `Source` or a pair of lists.
        test_data: samples to test on, in any of these forms. Defaults to a part of
            `data`.
        text_column: the column of a table that holds the text.
        label_column: the column of a table that holds the label.
        backbone: `minilm`; a KerasHub preset or handle such as `bert_tiny_en_uncased`;
            or a directory in KerasHub's or Hugging Face's format.
        plan: `linear_probe_then_fine_tune`, another name out of `kerastune.tuning.PLANS` or
            a YAML file. From Python also a `Plan`. One that is not given by name brings its
            own epochs and rates.
        epochs: epochs of the plan; of its last stage for `linear_probe_then_fine_tune`.
        batch_size: sentences a step.
        learning_rate: the highest rate of the plan. The default suits small
            encoders; BERT base wants about a tenth of it.
        sequence_length: tokens of a sentence; longer ones are cut.
        pooling: `mean` over the tokens, or `first` token.
        dropout: dropout rate inside the backbone and before the last layer.
        label_smoothing: share of each label that is spread over all classes.
        balance_classes: whether every class counts the same, however rare it is.
        samples_per_class: sentences of each class to train and validate on; the others of
            the training samples are left out. Defaults to all.
        test_fraction: share of `data` to test on, without `test_data`.
        validation_fraction: share of the training samples to measure on after each epoch;
            0 for none.
        seed: decides the order of the samples and the dropout.
        precision: `float32`, or `mixed_bfloat16` on hardware that has it.
        run_dir: where the run is written. Defaults to a new directory under `runs`.
        overwrite: whether a run in `run_dir` may be replaced.

    Returns:
        A `Result`, whose `predict` takes a list of sentences.

    Raises:
        InputError: if an argument, a file or the data cannot be used.
    """
    run = kt.runs.prepare_run(
        "text_classification",
        locals(),
        run_dir=run_dir,
        overwrite=overwrite,
        seed=seed,
        precision=precision,
    )
    columns = {"text_column": text_column, "label_column": label_column}
    train = kt.data.open_source(data, **columns)
    if test_data is None:
        train, test = kt.data.split(train, test_fraction, seed=0)
    else:
        test = kt.data.open_source(test_data, class_names=train.classes, **columns)
    if samples_per_class is not None:
        train, _ = kt.data.few_of_each_class(train, samples_per_class, seed=0)
    samples = kt.data.samples_by_use(train, test, validation_fraction)
    baselines = kt.evaluation.text_baselines(
        train.texts, train.labels, test.texts, test.labels, train.classes
    )

    preprocess = kt.models.load_text_preprocessor(backbone, sequence_length=sequence_length)
    head = kt.heads.Classification(
        train.classes,
        label_smoothing=label_smoothing,
        class_weights=kt.heads.balanced_class_weights(samples["training"])
        if balance_classes
        else None,
        dropout=dropout,
    )
    model = kt.heads.attach(
        kt.models.load_backbone(backbone, dropout=dropout), head, pooling=pooling
    )
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

    outputs = kt.training.predict(model, test.features, preprocess=preprocess)
    probabilities = head.probabilities(outputs)
    metrics = kt.evaluation.classification_metrics(test.labels, probabilities, test.classes)
    result = kt.Result(
        "text_classification", model, head, chosen, metrics, history, run.directory, preprocess
    )
    kt.reporting.publish_classification(
        run, result, samples, probabilities, baselines=baselines, plan_table=table
    )
    return result
