"""`padviewer.show`: arrays of a running Python in a window of a process of its own.

The Python side alone: it imports neither Qt nor Keras, and numpy not before an array is shown.
"""
