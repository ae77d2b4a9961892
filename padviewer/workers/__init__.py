"""The processes that may die: the reader opens files, the engine runs Keras on the chosen device."""
