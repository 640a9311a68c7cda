"""What one process of a comparison does, on its backend. Everything here needs Keras."""

from kerastune import backends

backends.select()
