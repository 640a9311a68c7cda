"""The memory that training a model takes, part by part, before any is taken."""

from kerastune.counting.memory.memory import PARTS, ROUGH, Memory, training_memory

__all__ = ["PARTS", "ROUGH", "Memory", "training_memory"]
