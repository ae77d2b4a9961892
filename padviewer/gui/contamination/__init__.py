"""How much of what the outputs see is padding: the tint, its legend, and the panel."""
