"""The first step of LeNet on scikit-learn's digits in Keras alone, for `start.py` to measure.

It sets no seed: `keras.utils.set_random_seed` imports TensorFlow on every backend.
"""

import keras
import scipy
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

images, labels = load_digits(return_X_y=True)
images = scipy.ndimage.zoom(images.reshape(-1, 8, 8, 1) * (255 / 16), (1, 3.5, 3.5, 1), order=1)
x, _, y, _ = train_test_split(images.astype("float32"), labels, test_size=0.25, random_state=0)
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(64, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(10),
    ]
)
model.compile(
    keras.optimizers.AdamW(3e-3),
    keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    metrics=["accuracy"],
)
model.fit(x, keras.utils.to_categorical(y), batch_size=32, steps_per_epoch=1, verbose=0)
print("first step", flush=True)
