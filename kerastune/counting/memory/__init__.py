"""The memory that training and using a model takes, part by part, before any is taken."""

from kerastune.counting.memory.inference import inference_memory
from kerastune.counting.memory.memory import Memory
from kerastune.counting.memory.named_optimizers import named_optimizer, optimizer_names
from kerastune.counting.memory.training import training_memory

__all__ = ["Memory", "inference_memory", "named_optimizer", "optimizer_names", "training_memory"]
