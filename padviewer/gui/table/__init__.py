"""The slice of a pane as a table of exact elements."""
