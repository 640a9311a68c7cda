"""From what processes have written to differences, with NumPy alone."""
