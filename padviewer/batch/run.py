"""The engine of the verbs that work on many items: the same for processes on this machine and for a cluster."""

from padviewer.workers.groups import Done, in_groups, run

__all__ = ["Done", "in_groups", "run"]
