"""Adapters in a folder: written without their base, and read beside it."""
