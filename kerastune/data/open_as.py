"""Other samples with the columns that a model was trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from kerastune.data.audio_rates import at_known_rates
from kerastune.data.cell_kinds import TABLE_KINDS
from kerastune.data.columns import Column
from kerastune.data.frames import looks_like_frame
from kerastune.data.given_tables import table_of
from kerastune.data.group_columns import without_groups
from kerastune.data.image_captions import open_captions
from kerastune.data.known_targets import known_target
from kerastune.data.missing import all_labels, is_absent, labelled
from kerastune.data.open import open_data
from kerastune.data.open_audio import open_audio
from kerastune.data.open_detection import open_detection
from kerastune.data.open_phonemes import open_phonemes, sounds_alone
from kerastune.data.open_texts import open_texts
from kerastune.data.open_tokens import open_tokens
from kerastune.data.parts import parts_of
from kerastune.data.records import RecordColumn, looks_like_records
from kerastune.data.shard_files import files_of
from kerastune.data.source import Source
from kerastune.data.source_tables import renamed_table
from kerastune.data.table_columns import require_columns, scalar_cells
from kerastune.data.table_files import is_table_file
from kerastune.data.table_folders import table_in
from kerastune.data.tables import read_columns
from kerastune.data.wide_tables import open_table_like
from kerastune.errors import InputError


def open_as(
    data: Any,
    columns: Mapping[str, Column],
    targets: Sequence[str],
    names: Mapping[str, str] | None = None,
) -> Source:
    """Returns samples with known columns, from data in any form that has them.

    Args:
        data: a `Source`; a pair of inputs and labels (for several inputs or targets,
            dictionaries by column); records, a frame, or a dictionary from column to values; a
            table by its path, whose columns have these names; or a folder or name, as
            `open_data` takes it.
        columns: dictionary from the name of each column to its `Column`.
        targets: sequence of str, the columns to predict.
        names: dictionary from the name of a column to the one that it has in a table, where
            it is another. Defaults to none.

    Returns:
        A `Source` with the columns, whose classes are in the order of `columns`, and with notes
        on what was dropped.

    Raises:
        InputError: if a column is missing, or a label is not of a known class.

    Example:

    >>> columns = {"text": Column("text"), "label": Column("class", class_names=("bad", "good"))}
    >>> open_as((["a joy"], ["good"]), columns, ("label",))[0]
    {'text': 'a joy', 'label': np.int64(1)}
    """
    names = names or {}
    inputs = [name for name in columns if name not in targets]
    parts = parts_of(data)
    if parts is not None and parts.test is not None:
        source = open_as(parts.test, columns, targets, names)
        return replace(source, notes=("the part for the test", *source.notes))
    if [columns[name].kind for name in targets] == ["boxes"]:
        return _with_boxes(data, columns, targets[0])
    if not targets and [columns[name].kind for name in inputs] == ["text"]:
        source = open_texts(data, text_column=names.get(inputs[0], inputs[0]))
        return Source(
            {inputs[0]: source.values[source.input("text")]},
            columns,
            (),
            source.name,
            source.notes,
            source.rows,
        )
    if not targets and sorted(columns[name].kind for name in inputs) == ["image", "text"]:
        return _with_captions(data, columns, names)
    if isinstance(data, str | PathLike) and Path(data).is_dir():
        data = table_in(Path(data)) or data
    if isinstance(data, Source):
        data = at_known_rates(data, columns)
        return _encoded(data.values, data.columns, columns, targets, data.name)
    if isinstance(data, tuple) and len(data) == 2:
        given = {**_by_column(data[0], inputs), **_by_column(data[1], targets)}
        return _encoded(given, {}, columns, targets, "arrays")
    if len(targets) == 1 and all(columns[name].kind in TABLE_KINDS for name in inputs):
        return open_table_like(renamed_table(data, names) if names else data, columns, targets)
    is_table = looks_like_frame(data) or _is_table_file(data)
    lists_images = len(inputs) == 1 and columns[inputs[0]].kind == "image"
    is_tagged = any(columns[name].kind == "tags" for name in targets)
    if is_table and not (lists_images or is_tagged):
        return _encoded(*_cells(data, columns, names), columns, targets, _name_of(data))
    is_joint = len(targets) == 1 and "," in targets[0] and lists_images
    if isinstance(data, Mapping) and not (is_joint and targets[0] not in data):
        return _encoded(data, {}, columns, targets, "columns")
    has_targets = looks_like_records(data) and not (is_joint and targets[0] not in data[0])
    if has_targets and not looks_like_frame(data):
        given = {name: RecordColumn(data, name) for name in data[0]}
        return _encoded(given, {}, columns, targets, "records")
    source = _renamed(_opened(data, columns, inputs, targets, names), columns, inputs, targets)
    encoded = _encoded(source.values, source.columns, columns, targets, source.name)
    return replace(encoded, notes=source.notes + encoded.notes)


def _with_captions(data: Any, columns: Mapping[str, Column], names: Mapping[str, str]) -> Source:
    """Returns images and captions under their names in the training."""
    by_kind = {column.kind: name for name, column in columns.items()}
    image, caption = by_kind["image"], by_kind["text"]
    source = open_captions(
        data,
        # By itself, the reader takes the only one that looks like it.
        image_column=names.get(image),
        caption_column=names.get(caption, caption),
    )
    values = {
        image: source.values[source.input("image")],
        caption: source.values[source.input("text")],
    }
    return Source(values, columns, (), source.name, source.notes, source.rows)


def _cells(
    data: Any, columns: Mapping[str, Column], names: Mapping[str, str]
) -> tuple[dict[str, list[Any]], dict[str, Column]]:
    """Returns some columns of a table, under the names that they have in the training."""
    wanted = [names.get(name, name) for name in columns]
    if looks_like_frame(data):
        cells = table_of(data).cells
        require_columns(wanted, cells, "the frame")
    else:
        holds_lists = any(column.kind == "multilabel" for column in columns.values())
        cells = read_columns(data, wanted, _anything if holds_lists else scalar_cells)
    return {name: list(cells[old]) for name, old in zip(columns, wanted, strict=True)}, {}


def _anything(_: str, __: Any) -> None:
    """Refuses no value of a JSON file: what is no list of labels is told when it is read."""


def _is_table_file(data: Any) -> bool:
    if not isinstance(data, str | PathLike):
        return False
    return is_table_file(Path(data)) and bool(files_of(Path(data)))


def _name_of(data: Any) -> str:
    return Path(data).name if isinstance(data, str | PathLike) else "the frame"


def _opened(
    data: Any,
    columns: Mapping[str, Column],
    inputs: Sequence[str],
    targets: Sequence[str],
    names: Mapping[str, str],
) -> Source:
    """Opens data with columns of its own: folders, tables of images, CoNLL files, names."""
    target = columns[targets[0]] if len(targets) == 1 else None
    class_names = target.class_names if target is not None else None
    if target is not None and target.kind == "tags":
        tags_name = names.get(targets[0], targets[0])
        return open_tokens(
            data,
            class_names=class_names,
            tokens_name=names.get(inputs[0], inputs[0]),
            tags_name=None if tags_name == "tags" else tags_name,
        )
    kind = columns[inputs[0]].kind if len(inputs) == 1 else None
    if kind == "audio" and (rate := columns[inputs[0]].sample_rate) is not None:
        if target is not None and target.kind == "phonemes":
            return sounds_alone(open_phonemes(data, sample_rate=rate, class_names=class_names))
        return without_groups(open_audio(data, sample_rate=rate, class_names=class_names))
    wanted = [names.get(name, name) for name in targets]
    return open_data(
        data,
        input_kind=kind if kind in ("text", "image") else None,
        image_column=names.get(inputs[0]) if kind == "image" else None,
        # By itself, the reader also takes the only other column.
        label_column=None if wanted == ["label"] else wanted,
        target_kind=target.kind if target is not None and kind == "image" else None,
        class_names=class_names,
    )


def _renamed(
    source: Source, columns: Mapping[str, Column], inputs: Sequence[str], targets: Sequence[str]
) -> Source:
    """Returns a source of one input and one target under their names in the training."""
    if not len(source.inputs) == len(inputs) == len(source.targets) == len(targets) == 1:
        return source
    (old_input, old_target), (new_input, new_target) = (
        (*source.inputs, *source.targets),
        (*inputs, *targets),
    )
    if source.columns[old_input].kind != columns[new_input].kind:
        return source
    values, found = source.values, source.columns
    return replace(
        source,
        values={new_input: values[old_input], new_target: values[old_target]},
        columns={new_input: found[old_input], new_target: found[old_target]},
        targets=(new_target,),
    )


def _with_boxes(data: Any, columns: Mapping[str, Column], target: str) -> Source:
    """Returns images with boxes of known classes."""
    source = open_detection(data, class_names=columns[target].class_names)
    image = source.input("image")
    known = next(name for name in columns if name != target)
    values = {known: source.values[image], target: source.target_values}
    found = {known: source.columns[image], target: columns[target]}
    return Source(values, found, (target,), source.name, source.notes, source.rows)


def _by_column(values: Any, names: Sequence[str]) -> dict[str, Any]:
    if isinstance(values, Mapping):
        return dict(values)
    if len(names) != 1:
        raise InputError(
            f"Expected a dictionary of the columns {', '.join(names) or 'none'}. "
            f"Received: {type(values).__name__}"
        )
    return {names[0]: values}


def _encoded(
    values: Mapping[str, Any],
    found: Mapping[str, Column],
    columns: Mapping[str, Column],
    targets: Sequence[str],
    name: str,
) -> Source:
    """Returns the columns that are known, with targets as numbers."""
    require_columns(list(columns), values, name)
    raw = Source(
        {key: values[key] for key in columns}, dict.fromkeys(columns, Column("raw")), (), name
    )
    answers = [
        list(raw.values[key])
        for key in targets
        if key not in found and columns[key].kind in ("class", "quantity", "multilabel")
    ]
    kept, notes = labelled(all_labels(answers), name=name)
    raw = raw.select(kept) if notes else raw
    raw, without_text = _with_texts(raw, [n for n in columns if columns[n].kind == "text"])
    notes += without_text
    chosen = {
        key: known_target(raw, key, found.get(key), column) if key in targets else raw.values[key]
        for key, column in columns.items()
    }
    return Source(chosen, columns, tuple(targets), name, notes, raw.rows)


def _with_texts(samples: Source, names: Sequence[str]) -> tuple[Source, tuple[str, ...]]:
    """Returns the samples that have a text in each column in memory, and a note on the others."""
    read = [samples.values[name] for name in names if isinstance(samples.values[name], list)]
    kept = [at for at, row in enumerate(zip(*read, strict=True)) if not any(map(is_absent, row))]
    if not read or len(kept) == len(samples):
        return samples, ()
    if not kept:
        raise InputError(f"Expected texts in {samples.name}. Received: {len(samples)} without")
    note = f"{len(samples) - len(kept)} of {len(samples)} samples dropped: no text"
    return samples.select(kept), (note,)
