"""How the values of a pane are spread."""
