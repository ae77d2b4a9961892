"""padviewer: see what padding does to a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from padviewer.live.showing import show

__version__ = "0.1.0"
__all__ = ["show"]


def __getattr__(name: str) -> Any:
    # Whatever padviewer is imported for, most of it needs nothing of this.
    if name == "show":
        from padviewer.live.showing import show  # noqa: PLC0415

        return show
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
