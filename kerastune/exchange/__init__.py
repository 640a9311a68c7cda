"""Exchange with Hugging Face: adapters of PEFT both ways, and whole models for Transformers."""

from kerastune import backends

backends.select()

from kerastune.exchange.exporting import export_peft
from kerastune.exchange.hugging_face import export_hugging_face
from kerastune.exchange.loading import load_peft

__all__ = ["export_hugging_face", "export_peft", "load_peft"]
