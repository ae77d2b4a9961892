"""The report of a data set as one HTML page: nothing in it comes from elsewhere, and nothing in it runs."""

from __future__ import annotations

import html
from collections.abc import Sequence

from padviewer.dataset.comparison_text import notes, parts, share, ways
from padviewer.dataset.report import Report
from padviewer.dataset.size_plot import size_plots
from padviewer.errors import printable

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
.plots { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); }
svg { width: 100%; height: auto; max-width: 800px; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
.axis { stroke: var(--soft); fill: none; } .grid { stroke: var(--line); fill: none; }
.dot { fill: var(--data); fill-opacity: 0.55; } .cell { fill: var(--data); }
.target { stroke: var(--target); stroke-width: 2; stroke-dasharray: 6 3; fill: none; }
.wide { overflow-x: auto; } table { border-collapse: collapse; }
td, th { padding: 4px 16px 4px 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap;
  font-variant-numeric: tabular-nums; }
td:first-child, th:first-child { text-align: left; } th { color: var(--soft); font-weight: normal; }
@media (max-width: 560px) { td, th { padding-right: 8px; font-size: 13px; } }
ul { padding-left: 20px; } li { overflow-wrap: anywhere; }
"""
# Files that have a line each; of more, the number is told.
_NAMED = 200


def report_page(report: Report) -> str:
    """Returns the page."""
    found = report.comparison
    failed = " failed" if report.failed else ""
    key = "Dashed: the targets; what lies within one fits." if len(found.table.letters) > 1 else "Dashed: the targets."
    body = [
        f"<h1>{_text(report.title)}</h1>",
        f'<p class="soft">{_text(report.counts)}</p>',
        f'<p class="verdict{failed}">{_text(report.verdict)}</p>',
        "<h2>Sizes</h2>",
        '<div class="plots">',
        *size_plots(found.table, [part.target for part in found.cost.parts]),
        "</div>",
        f'<p class="soft">{key}</p>',
        _table(report.sizes),
        "<h2>Padding</h2>",
        _table(ways(found)),
        *(f"<p>{_text(line[:1].upper() + line[1:])}.</p>" for line in notes(found)),
        "<h2>Targets</h2>",
        _table(parts(found)),
        *_names("Overflowing", report.overflowing),
        *_names("Refused", report.refused),
    ]
    head = f"<title>{_text(report.title)}: {share(found.cost.padding_share)} padding</title>"
    view = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    lines = ["<!doctype html>", '<html lang="en">', "<head>", '<meta charset="utf-8">', view, head]
    return "\n".join([*lines, f"<style>{_STYLE}</style>", "</head>", "<body>", *body, "</body>", "</html>", ""])


def _names(title: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = [f'<p class="soft">{len(names) - _NAMED:,} more</p>'] if len(names) > _NAMED else []
    listed = [f"<li>{_text(name)}</li>" for name in names[:_NAMED]]
    return [f"<h2>{title}: {len(names):,}</h2>", "<ul>", *listed, "</ul>", *more]


def _table(rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{_text(cell)}</th>" for cell in rows[0])
    lines = ["".join(f"<td>{_text(cell)}</td>" for cell in row) for row in rows[1:]]
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="wide"><table><tr>{head}</tr>\n{body}</table></div>'


def _text(text: str) -> str:
    return html.escape(printable(text))
