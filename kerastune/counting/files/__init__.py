"""Counting from files, by what they say about their weights: the weights are not read."""

from kerastune.counting.files.keras_file import count_keras_file
from kerastune.counting.files.safetensors_file import count_safetensors
from kerastune.counting.files.weights_file import count_weights_file

__all__ = ["count_keras_file", "count_safetensors", "count_weights_file"]
