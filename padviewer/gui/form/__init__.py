"""The settings, as fields."""
