"""Buckets as code: for Keras, with or without padviewer's layers, and for `tf.data`.

Each text takes arrays without a batch axis, `(*spatial, channels)`. Which bucket an array takes is the rule of
`padviewer.dataset.choice`: the one that holds it with least elements; where none does, under `keep` the one that makes
least elements of it, under `crop` the one that loses least. Batches are of one padded size, and hold what
`padviewer batch` writes, byte for byte; so under `keep` what no bucket holds is in batches of its own sizes.
"""

from __future__ import annotations

from collections.abc import Callable

from padviewer.dataset.plan_file import BucketPlan
from padviewer.errors import SettingsError
from padviewer.snippets import bucket_arrays, bucket_tensors, literals
from padviewer.spec import PipelineSpec

_RULE = {
    "keep": "Larger inputs keep their size, rounded up.",
    "crop": "Larger inputs are cropped, by the bucket that loses least of them.",
    "error": "Larger inputs are refused.",
}
_USUAL_BATCH = 32


def keras(plan: BucketPlan) -> str:
    """Returns code that pads inputs, as batches of those of one size, by `padviewer.layers.pad_batch`.

    Raises:
        SettingsError: the position is random.
    """
    _refuse_random(plan)
    spec = plan.spec
    options = [f'{name}="{value}"' for name, value, usual in _options(spec) if value != usual]
    if _fill(spec) is not None:
        options.append("fill_value=FILL")
    said = "".join(f", {option}" for option in options)
    lines = [
        "import math",
        "",
        "from padviewer.layers import pad_batch",
        "",
        *_choosing(plan),
        *_grouping(plan),
        f"        batch, pixel_mask = pad_batch([items[row] for row in rows], sizes{said})",
        "        yield rows, batch, pixel_mask",
    ]
    return "\n".join(lines) + "\n"


def keras_plain(plan: BucketPlan) -> str:
    """Returns code that does the same by Keras and numpy.

    Raises:
        SettingsError: the position is random.
    """
    _refuse_random(plan)
    lines = [
        "import math",
        "",
        "import keras",
        "import numpy as np",
        "",
        *_choosing(plan),
        "",
        "",
        *bucket_arrays.fitted(plan.letters, plan.spec, _fill(plan.spec)),
        *_grouping(plan),
        "        padded_items = [fitted(np.asarray(items[row]), sizes) for row in rows]",
        "        batch = keras.ops.stack([x for x, _ in padded_items])",
        "        pixel_mask = keras.ops.stack([mask for _, mask in padded_items])",
        "        yield rows, batch, pixel_mask",
    ]
    return "\n".join(lines) + "\n"


def tf_data(plan: BucketPlan) -> str:
    """Returns code that makes padded batches of a `tf.data.Dataset`, whose elements may be ragged.

    Raises:
        SettingsError: a bucket leaves an axis, or the position is random.
    """
    _refuse_random(plan)
    targets = _targets(plan)
    if any(None in target for target in targets):
        raise SettingsError("buckets that leave an axis have no code for tf.data; give a size for each axis")
    lines = ["import tensorflow as tf", "", *_constants(plan), *_fit(plan), *_batches(plan)]
    return "\n".join(lines) + "\n"


CODE: dict[str, Callable[[BucketPlan], str]] = {"keras": keras, "keras-plain": keras_plain, "tf-data": tf_data}


def _refuse_random(plan: BucketPlan) -> None:
    if plan.spec.position == "random":
        raise SettingsError(
            "position random has no code, as padviewer batch draws it for each item by its path; choose start, center "
            "or end, or write the data set by padviewer batch --buckets"
        )


def _options(spec: PipelineSpec) -> list[tuple[str, str, str]]:
    """Returns name, value and usual value of the options that `pad_batch` is called with."""
    return [
        ("position", spec.position, "start"),
        ("mode", spec.mode, "constant"),
        ("overflow", _overflow(spec), "keep"),
    ]


def _overflow(spec: PipelineSpec) -> str:
    """Returns the rule for one input whose bucket is chosen: refused ones are none, kept ones have their own size."""
    return "crop" if spec.overflow == "crop" else "keep"


def _fill(spec: PipelineSpec) -> str | None:
    """Returns the fill as code; None where it is zero, or where the mode needs none."""
    if spec.mode != "constant":
        return None
    fill = spec.fill_value
    text = literals.fill(fill)
    return None if text in literals.ZEROS else text


def _targets(plan: BucketPlan) -> tuple[tuple[int | None, ...], ...]:
    """Returns the targets in force."""
    return plan.choice.rounded(len(plan.letters))


def _constants(plan: BucketPlan) -> list[str]:
    divisors = plan.choice.divisors(len(plan.letters))
    rounds = _rounds(plan)
    return [
        f"# {' '.join(plan.letters)} of each bucket. {_RULE[plan.choice.overflow]}",
        *_listed([literals.sizes(target) for target in _targets(plan)]),
        *([f"MULTIPLE_OF = {literals.sizes(divisors)}"] if rounds else []),
        *([f"FILL = {fill}"] if (fill := _fill(plan.spec)) else []),
    ]


def _listed(words: list[str]) -> list[str]:
    line = f"BUCKETS = [{', '.join(words)}]"
    if len(line) <= literals.LINE:
        return [line]
    return ["BUCKETS = [", *(f"    {word}," for word in words), "]"]


def _rounds(plan: BucketPlan) -> bool:
    """Whether some inputs have a size of their own, which is rounded."""
    owns = plan.choice.overflow == "keep" or any(None in target for target in plan.choice.targets)
    return owns and max(plan.choice.multiple_of) > 1


def _choosing(plan: BucketPlan) -> list[str]:
    """Returns the functions that say how large an input becomes in a bucket, and which bucket it takes."""
    overflow = plan.choice.overflow
    leaves = any(None in target for target in plan.choice.targets)
    if overflow == "keep":
        wanted = "max(size, target or 0)" if leaves else "max(size, target)"
    else:
        wanted = "(size if target is None else target)" if leaves else "target"
    loop = "for size, target in zip(sizes, bucket)"
    if _rounds(plan):
        wanted, loop = f"-(-{wanted} // step) * step", "for size, target, step in zip(sizes, bucket, MULTIPLE_OF)"
    held = "target is None or size <= target" if leaves else "size <= target"
    way = {
        "keep": ["        ways.append((not holds, math.prod(padded), number))"],
        "crop": [
            "        kept = math.prod(map(min, sizes, padded))",
            "        ways.append((not holds, -kept, math.prod(padded), number))",
        ],
        "error": ["        if holds:", "            ways.append((math.prod(padded), number))"],
    }[overflow]
    return [
        *_constants(plan),
        "",
        "",
        "def padded_sizes(sizes, bucket):",
        '    """Returns the sizes after padding to a bucket."""',
        f"    return tuple({wanted} {loop})",
        "",
        "",
        "def bucket_of(sizes):",
        '    """Returns the number of the bucket that holds these sizes with least elements."""',
        "    ways = []",
        "    for number, bucket in enumerate(BUCKETS):",
        "        padded = padded_sizes(sizes, bucket)",
        f"        holds = all({held} for size, target in zip(sizes, bucket))",
        *way,
        *(
            ["    if not ways:", '        raise ValueError(f"no bucket holds {tuple(sizes)}: {BUCKETS}")']
            if overflow == "error"
            else []
        ),
        "    return min(ways)[-1]",
    ]


def _grouping(plan: BucketPlan) -> list[str]:
    axes = " ".join(plan.letters)
    return [
        "",
        "",
        "def pad(items):",
        f'    """Yields (numbers of items, batch, pixel mask) for each padded size. items: arrays {axes} C."""',
        "    padded = [padded_sizes(item.shape, BUCKETS[bucket_of(item.shape)]) for item in items]",
        "    for sizes in sorted(set(padded)):",
        "        rows = [row for row, each in enumerate(padded) if each == sizes]",
    ]


def _fit(plan: BucketPlan) -> list[str]:
    """Returns the function that pads one element, and says which batches it belongs to."""
    rank, overflow = len(plan.letters), plan.choice.overflow
    padded = {"keep": "tf.maximum(sizes, buckets)"}.get(overflow, "buckets")
    if _rounds(plan):
        padded = f"-(-{padded} // MULTIPLE_OF) * MULTIPLE_OF"
    outside = {
        "keep": ["    able = tf.logical_or(holds, not_held)"],
        "crop": [
            "    kept = tf.reduce_prod(tf.minimum(sizes, buckets), axis=1)",
            "    able = tf.logical_or(holds, tf.logical_and(not_held, kept == tf.reduce_max(kept)))",
        ],
        "error": ['    tf.debugging.assert_equal(not_held, False, "no bucket holds this input")', "    able = holds"],
    }[overflow]
    axes = " ".join(plan.letters)
    return [
        "",
        "",
        "def fit(x):",
        f'    """Returns x ({axes} C), padded to its bucket, its pixel mask, and a key for what is as large."""',
        "    if isinstance(x, tf.RaggedTensor):",
        "        x = x.to_tensor()",
        "    channels = x.shape[-1]",
        f"    sizes = tf.shape(x, tf.int64)[:{rank}]",
        "    buckets = tf.constant(BUCKETS, tf.int64)",
        f"    padded = {padded}",
        "    holds = tf.reduce_all(sizes <= buckets, axis=1)",
        "    not_held = tf.logical_not(tf.reduce_any(holds))",
        *outside,
        "    number = tf.argmin(tf.where(able, tf.reduce_prod(padded, axis=1), tf.int64.max))",
        "    wanted = padded[number]",
        *bucket_tensors.fitted(plan.letters, plan.spec, _fill(plan.spec)),
        f"    x = tf.ensure_shape(x, [{'None, ' * rank}channels])",
        f"    return x, mask, tf.reduce_sum(wanted * {bucket_tensors.radices(rank)})",
    ]


def _batches(plan: BucketPlan) -> list[str]:
    own = " What no bucket holds is in batches of its own sizes." if plan.choice.overflow == "keep" else ""
    return [
        "",
        "",
        f"def batches(dataset, batch_size={_USUAL_BATCH}):",
        f'    """Returns a dataset of (batch, pixel mask), each batch of one padded size.{own}"""',
        "    return dataset.map(fit).group_by_window(",
        "        key_func=lambda x, mask, key: key,",
        "        reduce_func=lambda key, found: found.map(lambda x, mask, key: (x, mask)).batch(batch_size),",
        "        window_size=batch_size,",
        "    )",
    ]
