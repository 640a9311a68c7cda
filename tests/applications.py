"""The networks of `keras.applications` that Keras has on the backend that runs."""

import keras

# Keras 3.15 refuses to build it on PyTorch.
ABSENT = ("NASNetMobile",) if keras.config.backend() == "torch" else ()
NETWORKS = {
    name: build
    for name, build in vars(keras.applications).items()
    if name[0].isupper() and name not in ABSENT
}
