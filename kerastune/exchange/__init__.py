"""Exchange with other libraries: adapters of Hugging Face's PEFT, both ways."""

from kerastune.exchange.exporting import export_peft
from kerastune.exchange.loading import load_peft

__all__ = ["export_peft", "load_peft"]
