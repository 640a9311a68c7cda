"""Layer groups of any Keras model: its stem, blocks, backbone and head."""
