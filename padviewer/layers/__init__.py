"""Keras layers that pad to a size worked out from the input they get, without the application."""

from padviewer.layers.dynamic_padding import DynamicPadding, dynamic_padding
from padviewer.layers.multi_dim_dynamic_padding import MultiDimDynamicPadding
from padviewer.layers.pad_batch import pad_batch
from padviewer.layers.unpadding import Unpadding, unpad

__all__ = ["DynamicPadding", "MultiDimDynamicPadding", "Unpadding", "dynamic_padding", "pad_batch", "unpad"]
