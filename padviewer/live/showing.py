"""`show`: arrays of this Python in a window that is a process of its own."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from padviewer.axes import guess_axes
from padviewer.errors import SettingsError
from padviewer.handed import MAX_NAME
from padviewer.live.arrays import as_array
from padviewer.live.handle import Handle
from padviewer.live.parcel import pack
from padviewer.live.settings import checked_axes, checked_settings
from padviewer.live.windows import Windows

_WINDOWS = Windows()


def show(
    x: Any,
    target_shape: Any = None,
    *,
    name: str | None = None,
    axes: str | None = None,
    window: str = "",
    block: bool = False,
    **settings: Any,
) -> Handle:
    """Shows an array in padviewer's window: input, padded tensor and feature map side by side.

    It copies the array and returns at once; the window is a process of its own, which needs no event loop here, and
    stays when this Python ends. Each Python has its own window.

    Example:

    >>> handle = padviewer.show(x, target_shape=(512, 512), position="center")  # doctest: +SKIP
    >>> handle.update(x * 2)  # doctest: +SKIP

    Args:
        x: an array of one to five axes: of numpy, or anything with `__array__` or `__dlpack__` (tensors of PyTorch,
            TensorFlow and JAX, on any device), a picture of Pillow, numbers in lists.
        target_shape: the size of each spatial axis after padding, as the Keras layers take it: `(512, 512)`,
            `(None, 512, 512)` with the batch, `(None, 512, 512, None)` with batch and channels. None for an axis
            leaves it as it is.
        name: in the window's list of files. An array of the same name takes the older one's place; without a name each
            gets one of its own: `array`, `array 2`.
        axes: a letter for each axis of `x`: B batch, D H W spatial, or T, C channels. None guesses.
        window: which window: each name has one of its own.
        block: whether to wait until the array or the window is closed.
        **settings: of padding and convolution, by the names of `PipelineSpec`: `multiple_of`, `position`, `mode`,
            `fill_value`, `overflow`, `filters`, `kernel`, `strides`, `dilation`, `conv_padding`, `activation` and more.
            They are the window's, for all of its arrays (targets and sizes for those of as many spatial axes); those
            that are not given stay as they are there.

    Returns:
        A handle with `update`, `close`, `closed`, `wait` and `info`; `with` closes it at the end.

    Raises:
        UnsupportedArray: `x` is no array, or of a dtype or rank that is not shown.
        SettingsError: a setting has a value that no input could make valid.
        TypeError: there is no such setting.
        ShowError: there is no display, or not enough memory.
    """
    given = as_array(x)
    letters = checked_axes(axes, given.array.shape)
    changes = checked_settings(target_shape, settings, letters or guess_axes(given.array.shape))
    if letters is not None:
        changes["axes"] = None  # the array brings its own
    _check_text("window", window)
    if name is not None:
        _check_text("name", name, least=1)
    descriptor = pack(given, letters)
    try:
        handle = Handle(partial(_WINDOWS.find, window), name, changes, letters)
    except BaseException:
        os.close(descriptor)
        raise
    handle.put(descriptor, changes, front=True)
    if block:
        handle.wait()
    return handle


def _check_text(what: str, text: Any, least: int = 0) -> None:
    if not isinstance(text, str) or not least <= len(text) <= MAX_NAME:
        raise SettingsError(f"{what} {text!r}: expected a text of {least} to {MAX_NAME} characters")
