"""What trains and what is frozen, and what frozen layers do."""
