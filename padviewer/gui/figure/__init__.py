"""Figures of the three panes for papers and tickets."""
