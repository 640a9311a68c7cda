"""What a model computes, read off one run on tensors that have a shape and no values.

Keras runs a model on the backend's own abstract tensors: JAX traces it, TensorFlow puts it
in a graph, PyTorch runs it on the meta device. For that run, every function in which Keras
meets the backend is watched, and so are the operators of the backend's tensors. Those
functions have the same names and meaning on the three backends, so the record is the same.
"""
