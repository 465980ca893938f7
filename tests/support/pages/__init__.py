"""Reads the blocks of the documentation and runs them."""
