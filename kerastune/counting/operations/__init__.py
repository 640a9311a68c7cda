"""FLOPs and MACs of any model, forward and backward, and what a forward pass keeps."""
