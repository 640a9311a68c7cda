"""A recipe's options on the command line and in configuration files.

Modules are imported one by one, since those that tell errors need no parser.
"""
