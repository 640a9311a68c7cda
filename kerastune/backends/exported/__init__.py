"""The formats of exported models: which backend writes each, and how its runtime runs it."""
