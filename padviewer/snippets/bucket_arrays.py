"""Lines of code that pad one numpy array to the size of its bucket."""

from __future__ import annotations

from padviewer.spec import PipelineSpec

# What is added before the content; negative numbers crop. The odd element of a centre goes to the end.
_BEFORE = {
    "start": "0",
    "center": "int((size - old) / 2)",
    "end": "size - old",
}

# numpy would cut a fraction off.
_CHECK = [
    '    if x.dtype.kind in "biu" and (np.array(FILL) != np.array(FILL).astype(x.dtype)).any():',
    '        raise ValueError(f"FILL {FILL}: expected what {x.dtype} can hold")',
]


def fitted(letters: str, spec: PipelineSpec, fill: str | None) -> list[str]:
    """Returns a function that gives an array and its pixel mask, padded or cropped to a size.

    Args:
        letters: the spatial axes.
        spec: position, mode and overflow are read.
        fill: what is written as code; None where that is zero.
    """
    crops = spec.overflow == "crop"
    cut = "x[tuple(slice(max(-b, 0), old - max(-a, 0)) for (b, a), old in zip(amounts, x.shape))]"
    return [
        "def fitted(x, sizes):",
        '    """Returns x as large as its bucket, and its pixel mask."""',
        f"    befores = [{_BEFORE[spec.position]} for size, old in zip(sizes, x.shape)]",
        "    amounts = [(b, size - old - b) for b, size, old in zip(befores, sizes, x.shape)]",
        *([f"    x = {cut}", "    amounts = [(max(b, 0), max(a, 0)) for b, a in amounts]"] if crops else []),
        f"    mask = np.pad(np.ones(x.shape[:{len(letters)}], bool), amounts)",
        *([] if fill is None else _CHECK),
        *_padded(spec, fill),
    ]


def _padded(spec: PipelineSpec, fill: str | None) -> list[str]:
    if spec.mode != "constant":
        return [f'    return np.pad(x, [*amounts, (0, 0)], mode="{spec.mode}"), mask']
    if fill is not None and isinstance(spec.fill_value, tuple):
        return [
            "    # Each channel has a fill of its own.",
            "    parts = zip(np.moveaxis(x, -1, 0), FILL, strict=True)",
            "    return np.stack([np.pad(part, amounts, constant_values=fill) for part, fill in parts], axis=-1), mask",
        ]
    option = "" if fill is None else ", constant_values=FILL"
    return [f"    return np.pad(x, [*amounts, (0, 0)]{option}), mask"]
