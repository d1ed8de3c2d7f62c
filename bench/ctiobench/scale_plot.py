"""The plot of bench/scale: what was measured over the number of tokens, in
small panels of one SVG that reads well on light and dark pages."""
import math
from xml.sax.saxutils import escape

from .plot import DARK, STYLE

WIDTH, HEIGHT = 320, 230  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 34, 34, 62, 34
COLUMNS = 3
LEGEND_WIDTH = 130

COLOURS = (("#1a6fd4", "#4c9bff"), ("#12a594", "#2fc9b5"))  # light, dark

# A panel: its title, and lines of legend and figure.
PANELS = [
    ("taps per second", [
        ("random", lambda r: r["random"]["rate"]),
        ("mostly recent", lambda r: r["recent"]["rate"])]),
    ("CPU per tap, microseconds", [
        ("random", lambda r: r["random"]["cpu_us"]),
        ("mostly recent", lambda r: r["recent"]["cpu_us"])]),
    ("minted per CPU-second", [
        ("a line of NDJSON each", lambda r: r["mint_per_cpu_second"])]),
    ("bytes per token", [
        ("beyond the caller's", lambda r: r["beyond_callers"])]),
    ("start, milliseconds", [
        ("until it accepts", lambda r: r["start_ms"])]),
    ("anonymous memory, MB", [
        ("after the taps", lambda r: r["after_taps"]["anon"] / 1e6),
        ("most while minting", lambda r: r["mint_anon_most"] / 1e6)]),
]


def style():
    def rules(which):
        return "".join(f".l{i}{{stroke:{c[which]};fill:none;stroke-width:2}}\n"
                       f".t{i}{{fill:{c[which]}}}\n"
                       for i, c in enumerate(COLOURS))
    return (f"<style>{STYLE}{rules(0)}@media (prefers-color-scheme: dark){{"
            f"{DARK}{rules(1)}}}</style>")


def svg(rows):
    """Sizes ascend."""
    width = COLUMNS * WIDTH
    height = math.ceil(len(PANELS) / COLUMNS) * HEIGHT
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} '
             f'{height}" width="{width}" height="{height}" role="img">',
             "<title>ctio as the number of tokens grows</title>", style()]
    for i, (title, lines) in enumerate(PANELS):
        parts += panel(i % COLUMNS * WIDTH, i // COLUMNS * HEIGHT, title,
                       lines, rows)
    return "\n".join(parts + ["</svg>\n"])


def panel(left, top, title, lines, rows):
    """Figures from 0 up, sizes on a logarithmic axis."""
    base = top + HEIGHT - BOTTOM
    highest = max(of(r) for _, of in lines for r in rows) or 1
    yield (f'<text class="title" x="{left + LEFT}" y="{top + 20}">'
           f"{escape(title)}</text>")
    yield (f'<line class="line" x1="{left + LEFT}" x2="'
           f'{left + WIDTH - RIGHT}" y1="{base}" y2="{base}"/>')
    places = [left + x for x in xs(rows)]
    for x, r in zip(places, rows):
        yield (f'<text class="group" x="{x:.1f}" y="{base + 20}">'
               f"{size(r['size'])}</text>")
    for i, (legend, of) in enumerate(lines):
        yield (f'<text class="t{i}" x="{left + LEFT + i * LEGEND_WIDTH}" '
               f'y="{top + 38}">{escape(legend)}</text>')
        ys = [base - of(r) / highest * (HEIGHT - TOP - BOTTOM) for r in rows]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(places, ys))
        yield f'<polyline class="l{i}" points="{points}"/>'
        for x, y, r in zip(places, ys, rows):
            below = is_below(lines, i, r)
            yield f'<circle class="t{i}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
            yield (f'<text class="value t{i}" x="{x:.1f}" '
                   f'y="{y + 15 if below else y - 6:.1f}">'
                   f"{figure(of(r))}</text>")


def is_below(lines, i, row):
    """Where a figure stands: below its point if another line's is higher."""
    return any(lines[j][1](row) > lines[i][1](row) or
               j < i and lines[j][1](row) == lines[i][1](row)
               for j in range(len(lines)) if j != i)


def xs(rows):
    low, high = (math.log10(rows[at]["size"]) for at in (0, -1))
    return [LEFT + (WIDTH - LEFT - RIGHT) *
            (math.log10(r["size"]) - low) / ((high - low) or 1)
            for r in rows]


def size(n):
    power = round(math.log10(n))
    if n != 10 ** power:
        return f"{n:,}"
    return f'10<tspan dy="-5" font-size="9">{power}</tspan>'


def figure(value):
    if value >= 10000:
        return f"{value / 1000:,.0f}k"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
