"""The plot of CPU per tap: a panel for each number of connections, in it a
group of bars for each kind of tap, a bar for each server, as one SVG that
reads well on light and dark pages."""
import itertools
from xml.sax.saxutils import escape

from .bench import SERVERS

WIDTH, PANEL = 900, 270
LEFT, RIGHT, HEAD = 48, 12, 58
TOP, BOTTOM = 34, 34  # of a panel, beyond its bars
BAR_SHARE = 0.86      # of a group's width
BAR_MAX = 40
STEPS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
LINES_MAX = 6

# Per server, in their order: light, dark.
COLOURS = (("#7a8594", "#8b96a5"), ("#aeb6c0", "#5f6975"),
           ("#c9a86a", "#a88749"), ("#1a6fd4", "#4c9bff"),
           ("#12a594", "#2fc9b5"), ("#dfe3e8", "#3a424c"))

STYLE = """
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
text{fill:#1f2328}
.title{font-size:15px;font-weight:600}
.panel{font-weight:600}
.value{font-size:10px;text-anchor:middle}
.group{text-anchor:middle}
.tick{text-anchor:end;fill:#59636e}
.line{stroke:#d1d9e0;stroke-width:1}
"""
DARK = """
text{fill:#e6edf3}
.tick{fill:#9198a1}
.line{stroke:#3d444d}
"""


def style():
    light = "".join(f".s{i}{{fill:{c}}}\n" for i, (c, _) in
                    enumerate(COLOURS))
    dark = "".join(f".s{i}{{fill:{c}}}\n" for i, (_, c) in
                   enumerate(COLOURS))
    return (f"<style>{STYLE}{light}@media (prefers-color-scheme: dark){{"
            f"{DARK}{dark}}}</style>")


def svg(found):
    """Of cases of kind taps."""
    shown = [name for name in SERVERS
             if any(name in case["servers"] for case in found)]
    highest = max(f["cpu_us"] for case in found
                  for f in case["servers"].values())
    panels = panels_of(found)
    height = HEAD + len(panels) * PANEL
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} '
        f'{height}" width="{WIDTH}" height="{height}" role="img">',
        "<title>CPU time of the server per redirect</title>", style(),
        f'<text class="title" x="{LEFT}" y="22">CPU per redirect, '
        "microseconds (less is better)</text>", *legend(shown)]
    for i, (connections, of_panel) in enumerate(panels):
        axis = Axis(HEAD + i * PANEL, highest)
        parts += panel(connections, of_panel, axis)
    return "\n".join(parts + ["</svg>\n"])


def panels_of(found):
    """(connections, its cases), in ascending order."""
    def connections(case):
        return case["connections"]
    ordered = sorted(found, key=connections)
    return [(n, list(of_panel)) for n, of_panel in
            itertools.groupby(ordered, connections)]


class Axis:
    """From microseconds to the y of a panel that begins at `top`."""

    def __init__(self, top, highest):
        self.step = next((s for s in STEPS if highest / s <= LINES_MAX),
                         highest / LINES_MAX)
        self.lines = int(highest / self.step) + 1
        self.top = top + TOP
        self.base = top + PANEL - BOTTOM

    def y(self, value):
        share = value / (self.step * self.lines)
        return self.base - share * (self.base - self.top)


def legend(shown):
    x = LEFT
    for name in shown:
        yield (f'<rect class="s{SERVERS.index(name)}" x="{x}" y="36" '
               'width="12" height="12" rx="2"/>')
        yield f'<text x="{x + 18}" y="46">{escape(name)}</text>'
        x += 42 + 7 * len(name)


def panel(connections, of_panel, axis):
    yield (f'<text class="panel" x="{LEFT}" y="{axis.top - 12}">'
           f"{connections} connections</text>")
    for i in range(axis.lines + 1):
        y = axis.y(i * axis.step)
        yield (f'<line class="line" x1="{LEFT}" x2="{WIDTH - RIGHT}" '
               f'y1="{y:.1f}" y2="{y:.1f}"/>')
        yield (f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}">'
               f"{i * axis.step:g}</text>")
    width = (WIDTH - LEFT - RIGHT) / len(of_panel)
    for i, case in enumerate(of_panel):
        yield from group(case, LEFT + i * width, width, axis)


def group(case, left, width, axis):
    """The bars of a case, each with its value, and how it taps."""
    names = [name for name in SERVERS if name in case["servers"]]
    each = min(width * BAR_SHARE / len(names), BAR_MAX)
    middle = left + width / 2
    begin = middle - each * len(names) / 2
    for i, name in enumerate(names):
        value = case["servers"][name]["cpu_us"]
        x, y = begin + i * each, axis.y(value)
        yield (f'<rect class="s{SERVERS.index(name)}" x="{x + 1:.1f}" '
               f'y="{y:.1f}" width="{each - 2:.1f}" '
               f'height="{axis.base - y:.1f}">'
               f"<title>{escape(name)}: {value:.2f} µs</title></rect>")
        yield (f'<text class="value" x="{x + each / 2:.1f}" y="{y - 4:.1f}">'
               f"{value:.1f}</text>")
    how = case["title"].partition(", ")[2]
    yield (f'<text class="group" x="{middle:.1f}" y="{axis.base + 20}">'
           f"{escape(how)}</text>")
