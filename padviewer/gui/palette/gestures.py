"""What mouse and keys do that is no action of a menu: the sheet of shortcuts tells these beside the actions."""

from __future__ import annotations

# Group, what is done, and how. Whoever adds a gesture adds its line.
GESTURES: tuple[tuple[str, str, str], ...] = (
    ("Pictures", "Read the exact elements of all stages", "point at a picture"),
    ("Pictures", "Zoom all panes around the pointer", "Wheel"),
    ("Pictures", "Move all panes", "drag"),
    ("Pictures", "Read from element to element", "Arrow keys"),
    ("Pictures", "Pin an element", "click, or Enter"),
    ("Pictures", "Pin one more", "Ctrl + click, or Ctrl+Enter"),
    ("Pictures", "Move the pin that was set last", "Ctrl + arrow keys"),
    ("Pictures", "Select a rectangle", "Shift + drag, or Shift + arrow keys"),
    ("Pictures", "See the reference instead, where there is one", "hold Shift"),
    ("Pictures", "Copy the picture, choose colours and levels", "right click"),
    ("Pictures", "Read all that was done to the numbers of a file", "click the line under its shape"),
    ("Fields", "Step a size or a number", "Up, Down; by ten: PgUp, PgDn"),
    ("Fields", "Choose of a list by its first letters", "type"),
    ("Fields", "Scroll the settings, also over a field", "Wheel"),
    ("Sliders", "Step", "Arrow keys; by a tenth: PgUp, PgDn"),
    ("Sliders", "First, last", "Home, End"),
    ("Sliders", "Type the number", "digits, or click the number"),
    ("Filters", "Show a filter", "click, or Enter"),
    ("Filters", "Find a filter by its number", "digits"),
    ("Files", "Show the file that is marked", "Enter"),
    ("Files", "Take it off the list", "Delete"),
    ("Files", "Open files, folders and sessions", "drop them anywhere"),
    ("Data set", "Move the target by its multiple", "Arrow keys; by ten: Ctrl + arrow keys; or drag its lines"),
    ("Data set", "Go from dot to dot, open its file", "PgUp, PgDn, Enter; or click"),
    ("Data set", "Choose files", "Shift + drag"),
    ("Data set", "Zoom, move, show everything", "Wheel, drag, F"),
    ("Everywhere", "Next field, field before", "Tab, Shift+Tab"),
    ("Everywhere", "Open a menu", "Alt + its underlined letter"),
)
