"""Arrays as files: complete or not there, whatever fails. Importing this loads numpy only."""

from padviewer.export.payload import Payload
from padviewer.export.target import remove_abandoned, temporary_paths
from padviewer.export.writers import EXTENSIONS, check_payload, check_target, write

__all__ = ["EXTENSIONS", "Payload", "check_payload", "check_target", "remove_abandoned", "temporary_paths", "write"]
