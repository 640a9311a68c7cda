"""From what a person writes to a counted model, without its weights."""
