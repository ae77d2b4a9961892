"""`Dimension`: a length that JAX knows by name only, while it traces a function for inputs of any length."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any


class Dimension:
    """A symbolic dimension of JAX with the operators that the formulas of `geometry` need.

    JAX's own has no absolute value. Together with an array it is an int32 scalar.

    Args:
        expression: of JAX's shape polymorphism, from the shape of a traced array.
    """

    def __init__(self, expression: Any) -> None:
        self.expression = expression

    def __abs__(self) -> Any:
        from jax.core import max_dim  # noqa: PLC0415 (JAX is there, but this module is imported under every backend)

        return dimension(max_dim(self.expression, -self.expression))

    def __neg__(self) -> Any:
        return dimension(-self.expression)

    def __jax_array__(self) -> Any:
        import jax.numpy as jnp  # noqa: PLC0415 (as above)

        return jnp.asarray(self.expression, "int32")


def dimension(size: Any) -> Any:
    """Returns a size of JAX: an integer as it is, anything else as a `Dimension`."""
    return size if isinstance(size, int) else Dimension(size)


def expression(size: Any) -> Any:
    """Returns a size in JAX's own form."""
    return size.expression if isinstance(size, Dimension) else size


def _operation(apply: Callable[[Any, Any], Any], turned: bool) -> Callable[[Dimension, Any], Any]:
    def operation(self: Dimension, other: Any) -> Any:
        both_sizes = isinstance(other, (int, Dimension))
        pair = (self.expression, expression(other)) if both_sizes else (self.__jax_array__(), other)
        result = apply(*reversed(pair)) if turned else apply(*pair)
        return dimension(result) if both_sizes else result

    return operation


for _name in ("add", "sub", "mul", "floordiv", "mod"):
    setattr(Dimension, f"__{_name}__", _operation(getattr(operator, _name), turned=False))
    setattr(Dimension, f"__r{_name}__", _operation(getattr(operator, _name), turned=True))
