"""Learning rates: by layer, over time, and the usual ones."""
