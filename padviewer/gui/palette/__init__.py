"""Every command, and every key: the palette and the sheet of shortcuts."""
