"""Values that not every backend has: tensors of texts, ragged and sparse ones."""

from typing import Any

import numpy as np

from kerastune.errors import InputError


def text_tensor(texts: np.ndarray) -> Any:
    """Returns texts as a model with a text layer inside takes them, a string tensor of TensorFlow.

    Args:
        texts: array of str or bytes.

    Returns:
        `tf.Tensor` of the same shape.

    Raises:
        InputError: on JAX and PyTorch, which have no texts.

    Example:

    >>> import keras
    >>> if keras.backend.backend() == "tensorflow":
    ...     assert text_tensor(np.array(["a", "b"], object)).dtype.name == "string"
    """
    import keras

    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise InputError(
            f"Expected numbers for the model, as {backend} has no tensors of texts. Received: "
            f"texts such as {texts.flat[0]!r}. Turn them into numbers before, for example with "
            "TextVectorization, or use TensorFlow"
        )
    import tensorflow

    return tensorflow.constant(texts.tolist(), tensorflow.string, texts.shape)


def is_ragged(values: Any) -> bool:
    """Returns whether values are a ragged tensor.

    Args:
        values: anything.

    Example:

    >>> is_ragged(np.zeros(3))
    False
    """
    return type(values).__name__ == "RaggedTensor"


def as_scipy(values: Any) -> Any:
    """Returns a sparse tensor of TensorFlow or JAX as one of SciPy, or None for another value.

    Args:
        values: anything.

    Returns:
        `scipy.sparse.csr_array`, or None.

    Raises:
        InputError: if it does not have two dimensions.

    Example:

    >>> as_scipy(np.zeros((2, 2))) is None
    True
    """
    kind = type(values).__name__
    if kind == "SparseTensor":
        entries, places = values.values, values.indices
        shape = values.dense_shape.numpy()
    elif kind == "BCOO":
        entries, places, shape = values.data, values.indices, values.shape
    else:
        return None
    if len(shape) != 2:
        raise InputError(
            "Expected a sparse tensor of shape (samples, columns). Received: one of shape "
            f"{tuple(int(size) for size in shape)}. Make it dense"
        )
    import scipy.sparse

    rows, columns = np.asarray(places).T
    return scipy.sparse.csr_array((np.asarray(entries), (rows, columns)), shape=tuple(shape))


def rows(values: Any, positions: Any) -> Any:
    """Returns the samples of a ragged, a string or a sparse tensor at some positions.

    Args:
        values: `tf.RaggedTensor`, `tf.Tensor` or sparse array of SciPy.
        positions: int array.

    Returns:
        As `values`; dense on PyTorch, as Keras has it.

    Example:

    >>> import keras
    >>> if keras.backend.backend() == "tensorflow":
    ...     tensor = text_tensor(np.array(["a", "b"], object))
    ...     assert rows(tensor, np.array([1])).numpy().tolist() == [b"b"]
    """
    import keras

    if hasattr(values, "tocsr"):
        chosen = values[positions]
        return chosen.toarray() if keras.backend.backend() == "torch" else chosen
    import tensorflow

    return tensorflow.gather(values, positions)
