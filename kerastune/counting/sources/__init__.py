"""From what a person writes to a counted model, without its weights."""

from kerastune.counting.sources.open import open_model, open_models
from kerastune.counting.sources.texts import model_names

__all__ = ["model_names", "open_model", "open_models"]
