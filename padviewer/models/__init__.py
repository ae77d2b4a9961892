"""Files of trained models, read without deserializing them: their layers, and the weights of one."""

from padviewer.models.opened import Model, open_model

__all__ = ["Model", "open_model"]
