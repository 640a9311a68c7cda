"""The fingerprint of a variable stays what files hold that were written before."""

import hashlib

import keras
import numpy as np
import pytest

from kerastune.checkpoints.fingerprints import fingerprint


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0, 3)])
def test_the_form_is_that_of_files(shape):
    values = np.full(shape, 1.5, "float32")
    digest = hashlib.sha256(f"float32 {np.ascontiguousarray(values).shape}".encode())
    digest.update(values.tobytes())
    assert fingerprint(keras.Variable(values)) == digest.hexdigest()


def test_a_single_number_has_the_hash_that_it_had():
    expected = "5b618fb92616512bb44c120f063ab0ea6b76af0779cecac430199c70b756b6a2"
    assert fingerprint(keras.Variable(np.float32(1.5))) == expected
