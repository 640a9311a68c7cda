"""What kinds of layers cost, with the formula of their parameters."""
