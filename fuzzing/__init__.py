"""Damaged and hostile input for the real program, in numbers: `python -m fuzzing`."""
