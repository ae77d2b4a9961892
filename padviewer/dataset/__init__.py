"""The sizes of many files, and what a target or several buckets make of them: arithmetic alone, on numpy arrays."""
