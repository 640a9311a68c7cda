"""A job is everything one training needs; recipes build jobs, and one engine runs them.

Modules are imported one by one, since recipes are declared without loading a framework.
"""
