"""Two settings beside each other: the reference, and the panel that subtracts one from the other."""
