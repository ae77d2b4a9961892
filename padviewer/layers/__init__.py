"""Keras layers that pad to a size worked out from the input they get, without the application."""

from padviewer.layers.dynamic_padding import DynamicPadding, dynamic_padding
from padviewer.layers.multi_dim_dynamic_padding import MultiDimDynamicPadding

__all__ = ["DynamicPadding", "MultiDimDynamicPadding", "dynamic_padding"]
