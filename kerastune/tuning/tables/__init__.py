"""Plans resolved against a model: the plan table, and the rates of every step."""
