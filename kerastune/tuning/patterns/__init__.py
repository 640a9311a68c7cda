"""Patterns: text that names variables of a model."""
