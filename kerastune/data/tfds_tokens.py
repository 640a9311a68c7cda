"""Tagged tokens from TensorFlow Datasets, such as CoNLL-2003."""

from collections.abc import Sequence
from os import PathLike

from kerastune.data.source import Source
from kerastune.data.span_tags import standard_names
from kerastune.data.tagged import tagged_tokens
from kerastune.data.tfds import as_text, open_split, prepared_builder, require_features
from kerastune.errors import InputError


def read_tfds_tokens(
    name: str,
    *,
    split: str = "train",
    tokens: str = "tokens",
    tags: str = "ner",
    class_names: Sequence[str] | None = None,
    data_dir: str | PathLike | None = None,
) -> Source:
    """Reads the tokens and tags of a split of a data set of TensorFlow Datasets.

    Args:
        name: str, such as `"conll2003"`; see `read_tfds`.
        split: str, such as `"train"` or `"train[:80%]"`.
        tokens: str, the feature that is a sequence of texts. Defaults to `"tokens"`.
        tags: str, the feature that is a sequence of classes. Defaults to `"ner"`; the parts
            of speech of `conll2003` are `"pos"`.
        class_names: sequence of str, the tags that are known. By default, those of the data
            set.
        data_dir: str or path of the folder of prepared data sets; see `read_tfds`.

    Returns:
        A `Source` with the columns of these names, as `tagged_tokens` makes it.

    Raises:
        InputError: if there is no such data set, split or feature, a feature is no sequence,
            or the data set is neither prepared here nor can be downloaded.
        MissingExtraError: if TensorFlow Datasets is not installed.

    Example:

    >>> read_tfds_tokens("huggingface:conll2003")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a data set without a namespace...
    """
    builder = prepared_builder(name, data_dir)
    require_features(builder, tokens, tags)
    for feature in (tokens, tags):
        if len(builder.info.features[feature].shape) != 1:
            raise InputError(
                f"Expected a feature with a value for each token in tfds:{builder.name}. Received: "
                f"{feature!r} of shape {builder.info.features[feature].shape}"
            )
    names = getattr(builder.info.features[tags], "names", None)
    words, found = [], []
    for item in open_split(builder, split):
        words.append([as_text(word) for word in item[tokens]])
        found.append([as_text(tag) if names is None else names[tag] for tag in item[tags]])
    if class_names is None and names is not None:
        class_names = standard_names(names)
    return tagged_tokens(
        words,
        found,
        class_names=class_names,
        name=f"tfds:{name}:{split}",
        tokens_name=tokens,
        tags_name=tags,
    )
