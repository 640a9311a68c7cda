"""`kerastune params`: what models cost, from the command line."""
