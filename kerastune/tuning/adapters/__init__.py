"""Adapters: few weights beside many frozen ones."""
