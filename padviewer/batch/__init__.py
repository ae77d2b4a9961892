"""Many files, one after the other, without a window: an outcome for each, and none stops the rest."""
