"""From what a person writes to a counted model, without its weights."""

from kerastune.counting.sources.names import model_names
from kerastune.counting.sources.open import open_model, open_models

__all__ = ["model_names", "open_model", "open_models"]
