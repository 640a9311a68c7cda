"""Counting from files, by what they say about their weights: the weights are not read."""
