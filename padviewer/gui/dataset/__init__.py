"""The window of a data set: one dot for each file, a target over them, and what it costs."""
