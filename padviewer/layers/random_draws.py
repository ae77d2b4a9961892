"""Where random positions come from: the draws of a seed, and how many were made before."""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops

from padviewer.geometry import PRIME, draw
from padviewer.layers import graph


class Draws(NamedTuple):
    """The draws of one call.

    Attributes:
        seed: 0 to 2^31 - 1: an int, or a scalar int32 tensor.
        call: how many calls were made before with this seed: an int, or a scalar int32 tensor.
    """

    seed: Any
    call: Any = 0

    @property
    def known(self) -> bool:
        """Whether the draws are integers, and not tensors that only the run knows."""
        return isinstance(self.seed, int) and isinstance(self.call, int)

    def axis(self, number: int) -> Any:
        """Returns the draw of the spatial axis `number`."""
        return draw(self.seed, number, self.call)


def next_draws(generator: Any, seed: int) -> Draws:
    """Returns the draws of this call of a layer.

    Args:
        generator: a `keras.random.SeedGenerator` of the layer: it counts the calls in a variable that Keras carries
            through `fit`, `tf.function`, XLA and the stateless functions of JAX.
        seed: of the layer.
    """
    return Draws(seed, graph.known(ops.cast(generator.next()[1], "int32")))


def seed_draws(seed: Any) -> Draws:
    """Returns the draws of a seed that may be a tensor, such as the number of an element in a pipeline."""
    if isinstance(seed, int):
        return Draws(seed)
    # A draw takes 31 bits; larger numbers, and negative ones, are seeds too.
    return Draws(graph.known(ops.cast(seed % (PRIME * PRIME), "int32")))
