"""The report of a data set as one HTML page: nothing in it comes from elsewhere, and nothing in it runs."""

from __future__ import annotations

import html
from collections.abc import Sequence

from padviewer.bytecount import format_bytes
from padviewer.dataset.comparison import Comparison
from padviewer.dataset.comparison_text import notes, parts, share, ways
from padviewer.dataset.report import Report
from padviewer.dataset.size_plot import size_plots
from padviewer.errors import printable
from padviewer.spec import format_sizes, format_target

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2430; --soft: #5b6675; --line: #d9dee5; --data: #2166c0;
  --target: #c2410c; --bad: #b42318; --good: #1a7f4b; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181e; --ink: #e6eaf0; --soft: #9aa5b4; --line: #2c343f;
  --data: #6ea8f7; --target: #f59e5b; --bad: #ff8f85; --good: #5fd39a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 16px; max-width: 1120px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 22px; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 16px; margin: 32px 0 8px; }
p { margin: 8px 0; } .soft { color: var(--soft); }
.verdict { border-left: 4px solid var(--good); padding: 8px 16px; margin: 16px 0; }
.verdict.failed { border-color: var(--bad); }
dl { display: grid; gap: 8px; margin: 16px 0; grid-template-columns: repeat(auto-fit, minmax(144px, 1fr)); }
dl div { border: 1px solid var(--line); border-radius: 4px; padding: 8px 16px; }
dt { color: var(--soft); font-size: 13px; }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
dd b { display: block; font-size: 22px; font-weight: 600; }
.two { display: grid; gap: 0 32px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); }
.two > * { min-width: 0; }
.plots { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); }
svg { width: 100%; height: auto; max-width: 800px; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
svg .number { fill: var(--target); font-weight: 600; stroke: var(--paper); stroke-width: 4; paint-order: stroke; }
.axis { stroke: var(--soft); fill: none; } .grid { stroke: var(--line); fill: none; }
.dot { fill: var(--data); fill-opacity: 0.55; } .cell { fill: var(--data); }
.target { stroke: var(--target); stroke-width: 2; stroke-dasharray: 6 3; fill: none; }
.share { display: block; width: 80px; height: 8px; background: var(--line); }
.share i { display: block; height: 100%; background: var(--target); }
summary { cursor: pointer; }
.wide { overflow-x: auto; } table { border-collapse: collapse; }
td, th { padding: 4px 16px 4px 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap;
  font-variant-numeric: tabular-nums; }
td:first-child, th:first-child { text-align: left; } th { color: var(--soft); font-weight: normal; }
@media (max-width: 560px) { td, th { padding-right: 8px; font-size: 13px; } .share { width: 48px; }
  svg text { font-size: 17px; } }
ul { padding-left: 20px; } li { overflow-wrap: anywhere; }
"""
# Files that have a line each, of more the number is told; and of how many the list is open.
_NAMED, _OPEN = 200, 10


def report_page(report: Report) -> str:
    """Returns the page."""
    found = report.comparison
    failed = " failed" if report.failed else ""
    several = len(found.cost.parts) > 1
    body = [
        f"<h1>{_text(report.title)}</h1>",
        f'<p class="soft">{_text(report.counts)}; {_text(_settings(found))}</p>',
        f'<p class="verdict{failed}">{_text(report.verdict)}</p>',
        _figures(report),
        '<div class="two"><section>',
        "<h2>Padding</h2>",
        _table(_ways(found)),
        *(f"<p>{_text(line[:1].upper() + line[1:])}.</p>" for line in notes(found)),
        "</section><section>",
        f"<h2>{'Buckets' if several else 'Target'}</h2>",
        _table(_parts(found)),
        "</section></div>",
        "<h2>Sizes</h2>",
        '<div class="plots">',
        *size_plots(found.table, [part.target for part in found.cost.parts]),
        "</div>",
        f'<p class="soft">{_key(found)}</p>',
        _table([[_text(cell) for cell in row] for row in report.sizes]),
        *_names("Overflowing", report.overflowing),
        *_names("Refused", report.refused),
    ]
    head = f"<title>{_text(report.title)}: {share(found.cost.padding_share)} padding</title>"
    view = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    lines = ["<!doctype html>", '<html lang="en">', "<head>", '<meta charset="utf-8">', view, head]
    return "\n".join([*lines, f"<style>{_STYLE}</style>", "</head>", "<body>", *body, "</body>", "</html>", ""])


def _settings(found: Comparison) -> str:
    divisors = found.choice.divisors(len(found.table.letters))
    multiple = f"multiples of {format_sizes(divisors)}, " if max(divisors) > 1 else ""
    return f"{multiple}overflow {found.choice.overflow}, batches of {found.batch_size:,} in {found.dtype}"


def _figures(report: Report) -> str:
    """Returns the figures that are looked for first."""
    found = report.comparison
    cost, one = found.cost, found.one
    limit = "of all elements" if report.limit is None else f"limit {share(report.limit)}"
    figures = [
        ("padding", share(cost.padding_share), limit),
        ("one target for all", share(one.padding_share), format_target(one.parts[0].target)),
        (
            "elements",
            f"{100 * cost.elements / one.elements:.1f} %" if one.elements else "none",
            "of those of one target",
        ),
        (f"batch of {found.batch_size:,}", format_bytes(cost.batch_bytes), "of the largest tensors"),
        ("items", f"{cost.items:,}", f"{len(report.refused):,} refused"),
        ("overflowing", f"{cost.overflowing:,}", _overflow(found)),
    ]
    cells = (
        f"<div><dt>{_text(name)}</dt><dd><b>{_text(value)}</b>{_text(said)}</dd></div>" for name, value, said in figures
    )
    return "\n".join(["<dl>", *cells, "</dl>"])


def _overflow(found: Comparison) -> str:
    if not found.cost.overflowing:
        return "all items fit"
    return {"keep": "kept at their own size", "crop": "cropped", "error": "refused"}[found.choice.overflow]


def _ways(found: Comparison) -> list[list[str]]:
    """Returns the rows of before and after as HTML, each with its share as a bar."""
    shares = (found.one.padding_share, found.mixed.mean, found.cost.padding_share)
    bars = ["", *(f'<span class="share"><i style="width: {100 * each:.1f}%"></i></span>' for each in shares)]
    return [[*map(_text, row), bar] for row, bar in zip(ways(found), bars, strict=True)]


def _parts(found: Comparison) -> list[list[str]]:
    """Returns the rows of the targets as HTML, with the numbers that the plots have where there are several."""
    rows = [list(map(_text, row)) for row in parts(found)]
    if len(rows) == 2:
        return rows
    return [["no.", *rows[0]], *([str(number), *row] for number, row in enumerate(rows[1:], 1))]


def _key(found: Comparison) -> str:
    """Returns what the plots show."""
    what = "the target" if len(found.cost.parts) == 1 else "the buckets, by their numbers"
    if len(found.table.letters) == 1:
        return f"Bars: items of a length. Dashed: {what}."
    return f"Blue: items, darker or larger where there are more. Dashed: {what}; what lies within one fits."


def _names(title: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = [f'<p class="soft">{len(names) - _NAMED:,} more</p>'] if len(names) > _NAMED else []
    listed = [f"<li>{_text(name)}</li>" for name in names[:_NAMED]]
    shown = " open" if len(names) <= _OPEN else ""
    head = f"<summary>{'Names' if shown else f'The first {min(len(names), _NAMED):,}'}</summary>"
    return [
        f"<h2>{title}: {len(names):,}</h2>",
        f"<details{shown}>{head}",
        "<ul>",
        *listed,
        "</ul>",
        *more,
        "</details>",
    ]


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Returns a table of cells that are HTML, the first row its head."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in rows[0])
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows[1:]]
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="wide"><table><tr>{head}</tr>\n{body}</table></div>'


def _text(text: str) -> str:
    return html.escape(printable(text))
