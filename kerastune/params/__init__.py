"""`kerastune params`: what models cost, from the command line."""

from kerastune.params.options import add_options, check_options

__all__ = ["add_options", "check_options"]
