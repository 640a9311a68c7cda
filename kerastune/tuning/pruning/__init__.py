"""Pruning: which weights a stage sets to zero, when, and how many of a model are."""
