"""Files of unknown origin: read within bounds, without running code that they hold.

What is refused raises a `ValueError` or an `OSError` that says why.
"""
