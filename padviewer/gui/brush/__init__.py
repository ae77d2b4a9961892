"""The receptive-field brush: what an element is tied to in each pane, and pins."""
