"""Freezing of weights, and the behaviour of frozen layers."""
