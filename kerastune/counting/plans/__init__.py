"""Ways to tune one model, side by side."""
