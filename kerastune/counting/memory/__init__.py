"""The memory that training a model takes, part by part, before any is taken."""
