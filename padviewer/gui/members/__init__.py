"""Choosing one of the arrays that a file holds."""
