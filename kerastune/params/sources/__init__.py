"""From what a person writes to a counted model, without its weights."""

from kerastune import backends

# As `kerastune params` chooses: the numbers are the same on each.
backends.select(preferred=backends.QUICKEST_FIRST)
