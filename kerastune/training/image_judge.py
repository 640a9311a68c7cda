"""A classifier of real images, which judges images that a model has made."""

from dataclasses import dataclass, replace
from functools import cached_property

import keras
import numpy as np

from kerastune.data import Source, Splits
from kerastune.display import output
from kerastune.evaluation import Evaluation
from kerastune.evaluation.few_samples import with_few_samples
from kerastune.evaluation.generated_images import evaluate_generated
from kerastune.heads import Classification, attach
from kerastune.models import lenet
from kerastune.preprocessing import ImagePreprocessor
from kerastune.preprocessing.class_images import ClassImagePreprocessor
from kerastune.training.run_plan import run_plan
from kerastune.tuning import full

_LEARNING_RATE = 3e-3
_BATCH = 32
_MOST_IMAGES = 10_000


@dataclass
class ImageJudge:
    """A LeNet, trained on real images alone when it is first asked, that judges made ones.

    Args:
        splits: `Splits`, of which it is trained on the training samples, and compares with the
            test samples, at most 10,000 of each.
        preprocessor: the `ClassImagePreprocessor` of the images, fitted.
        epochs: int, for which it is trained. Defaults to 12.
        seed: int, which decides the order of its samples. Defaults to 0.

    Example:

    >>> generator = np.random.default_rng(0)
    >>> images = generator.uniform(2, 255, (8, 12, 12, 1))
    >>> samples = Source.of(images, [0, 1] * 4, class_names=("cat", "dog"))
    >>> prepare = ClassImagePreprocessor((12, 12, 1)).fit(samples)
    >>> judge = ImageJudge(Splits(samples, samples), prepare, epochs=1)
    >>> 0 <= judge(images[:4], np.array([0, 1, 0, 1]))["class_accuracy"] <= 1
    True
    """

    splits: Splits
    preprocessor: ClassImagePreprocessor
    epochs: int = 12
    seed: int = 0

    def __call__(self, images: np.ndarray, asked: np.ndarray) -> Evaluation:
        """Returns how many images it takes for the right class, and how far all are from real ones.

        Args:
            images: float array of shape `(images, height, width, channels)`, values from 0 to
                255.
            asked: int array of shape `(images,)`, the class that was asked for.

        Returns:
            An `Evaluation`, see `evaluate_generated`.
        """
        recognized, features = self._judged(images)
        return evaluate_generated(asked, recognized, features, self._of_test[1])

    @cached_property
    def test_accuracy(self) -> float:
        """float, the share of the real test images whose class it tells."""
        recognized, _, labels = self._of_test
        return float(np.mean(recognized == labels))

    def training_images(self, splits: Splits) -> tuple[np.ndarray, np.ndarray]:
        """Returns training images as the model is given them, and their classes.

        Args:
            splits: `Splits`.

        Returns:
            Tuple of a float32 array of shape `(images, height, width, channels)`, values from 0
            to 255, and an int array.
        """
        return self._prepared(with_few_samples(splits, _MOST_IMAGES).training)

    @cached_property
    def _of_test(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The classes that it takes test images for, their features, and their classes."""
        images, labels = self._prepared(self.splits.test.select(self._some(self.splits.test)))
        return (*self._judged(images), labels)

    @cached_property
    def _classifier(self) -> keras.Model:
        """The trained network, from images to features and logits."""
        training = with_few_samples(replace(self.splits, validation=None), _MOST_IMAGES).training
        images, _ = self._prepared(training.select([0]))
        head = Classification(self.preprocessor.class_names, dropout=0.5)
        model = attach(lenet(images.shape[1:]), head)
        with output.printing(0):
            run_plan(
                model,
                full(self.epochs, _LEARNING_RATE),
                head,
                Splits(training, self.splits.test),
                ImagePreprocessor(images.shape[1:], self.preprocessor.columns[0]),
                batch_size=_BATCH,
                seed=self.seed,
            )
        return keras.Model(model.inputs, [model.layers[-1].input, model.output])

    def _judged(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the class that it takes each image for, and its features."""
        features, logits = self._classifier.predict(images, batch_size=64, verbose=0)
        classes = Classification(self.preprocessor.class_names).probabilities(logits)
        return classes.argmax(axis=1), features

    def _prepared(self, samples: Source) -> tuple[np.ndarray, np.ndarray]:
        names = self.preprocessor.columns
        found = self.preprocessor.prepare({name: samples.values[name] for name in names})
        return found["image"], found["label"]

    @staticmethod
    def _some(samples: Source) -> np.ndarray:
        return np.linspace(0, len(samples) - 1, min(len(samples), _MOST_IMAGES)).astype(int)
