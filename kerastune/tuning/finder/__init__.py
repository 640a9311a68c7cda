"""The search for a learning rate."""
