"""Whether what computes has instructions for bfloat16, and the backend uses them."""

from pathlib import Path

from kerastune.backends.choice import select

_PROCESSORS = Path("/proc/cpuinfo")
_INSTRUCTIONS = {"avx512_bf16", "amx_bf16", "bf16"}  # Of Intel and AMD, Intel, Arm.
_FIRST_GPU = 8.0  # Compute capability of NVIDIA's Ampere.


def has_bfloat16() -> bool:
    """Returns whether the backend computes with instructions for bfloat16.

    A processor is asked for its features where Linux tells them. JAX makes use of them there for
    products of matrices alone, see `bfloat16_products`, and networks with more of convolutions or
    recurrent layers are slower than in float32: False. TPUs and NVIDIA's GPUs from Ampere on have
    them.

    Returns:
        A bool; False where it is not known.

    Example:

    >>> has_bfloat16() in (True, False)
    True
    """
    accelerators = _accelerators()
    return all(accelerators) if accelerators else select() != "jax" and processor_has_bfloat16()


def processor_has_bfloat16(listing: Path = _PROCESSORS) -> bool:
    """Returns whether the processor lists instructions for bfloat16.

    Args:
        listing: Path, where Linux describes the processors.

    Returns:
        A bool; False where there is no such file.

    Example:

    >>> processor_has_bfloat16(Path("none"))
    False
    """
    try:
        lines = listing.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    features = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return bool(_INSTRUCTIONS & set(features.lower().split()))


def _accelerators() -> list[bool]:
    """For each accelerator of the backend, whether it has such instructions."""
    backend = select()
    if backend == "torch":
        import torch

        count = torch.cuda.device_count()
        return [torch.cuda.get_device_capability(n)[0] >= _FIRST_GPU for n in range(count)]
    if backend == "jax":
        import jax

        # What is no NVIDIA GPU has no compute capability: a TPU.
        return [
            float(getattr(device, "compute_capability", _FIRST_GPU)) >= _FIRST_GPU
            for device in jax.devices()
            if device.platform != "cpu"
        ]
    import tensorflow as tf

    details = [
        tf.config.experimental.get_device_details(device)
        for device in tf.config.list_physical_devices("GPU")
    ]
    return [one.get("compute_capability", (0, 0))[0] >= _FIRST_GPU for one in details]
