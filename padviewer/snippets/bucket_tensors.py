"""Lines of code that pad one tensor, of sizes that only the run knows, to the size of its bucket."""

from __future__ import annotations

from padviewer.snippets import literals
from padviewer.snippets.tensorflow_pad import FOLDED
from padviewer.spec import PipelineSpec

# What is added before the content; negative numbers crop. The odd element of a centre goes to the end.
_BEFORE = {
    "start": "tf.zeros_like(wanted)",
    "center": "tf.truncatediv(wanted - sizes, 2)",
    "end": "wanted - sizes",
}
_KEY_BITS = 63


def fitted(letters: str, spec: PipelineSpec, fill: str | None) -> list[str]:
    """Returns lines that make `x` and `mask`, of `x`, its `sizes` and the `wanted` ones.

    Args:
        letters: the spatial axes.
        spec: position, mode and overflow are read.
        fill: what is written as code; None where that is zero.
    """
    lines = [f"    before = {_BEFORE[spec.position]}"]
    if spec.overflow == "crop":
        lines += [
            "    first = tf.maximum(-before, 0)",
            f"    x = x[{', '.join(f'first[{n}] : first[{n}] + wanted[{n}]' for n in range(len(letters)))}]",
            "    sizes, before = tf.minimum(sizes, wanted), tf.maximum(before, 0)",
        ]
    lines += [
        "    amounts = tf.stack([before, wanted - sizes - before], axis=1)",
        "    mask = tf.pad(tf.ones(sizes, tf.bool), amounts)",
    ]
    if spec.mode == "constant":
        lines.append("    x = tf.pad(x, tf.concat([amounts, [[0, 0]]], axis=0))")
        if fill is not None:
            lines += [
                "    fill = tf.constant(FILL, x.dtype)",
                "    if x.dtype.is_integer:",
                "        tf.debugging.assert_equal(",
                '            tf.cast(fill, tf.float64), tf.constant(FILL, tf.float64), "x cannot hold FILL"',
                "        )",
                "    x = tf.where(mask[..., None], x, fill)",
            ]
        return lines
    return [
        *lines,
        f"    for axis in range({len(letters)}):",
        "        size = sizes[axis]",
        "        index = tf.range(wanted[axis]) - before[axis]",
        *(f"        {line}" for line in FOLDED[spec.mode]),
        "        x = tf.gather(x, index, axis=axis)",
    ]


def radices(rank: int) -> str:
    """Returns by what sizes are multiplied so that the sum tells them apart."""
    bits = _KEY_BITS // rank
    return literals.sequence(f"2**{bits * (rank - 1 - axis)}" if axis < rank - 1 else "1" for axis in range(rank))
