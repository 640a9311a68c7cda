"""The memory that training and using a model takes, part by part, before any is taken."""

from kerastune.counting.memory.memory import PARTS, ROUGH, Memory
from kerastune.counting.memory.training import inference_memory, training_memory

__all__ = ["PARTS", "ROUGH", "Memory", "inference_memory", "training_memory"]
