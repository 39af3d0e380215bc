"""Line charts as SVG files, readable on light and on dark pages."""

import html
import math

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 44, 52
COLOURS = ("#0a7ea4", "#d9730d", "#5a9e2f", "#b0448f")
STYLE = """
text { font: 12px sans-serif; fill: #424a53; }
.title { font-weight: bold; font-size: 14px; }
.axis { stroke: #8c959f; stroke-width: 1; fill: none; }
.grid { stroke: #8c959f; stroke-opacity: .25; stroke-width: 1; }
@media (prefers-color-scheme: dark) { text { fill: #c9d1d9; } }
"""


def _nice_step(span):
    """The step of about five marks over `span`: 1, 2 or 5 times a power of ten."""
    raw = span / 5
    power = 10 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)


def _text(value):
    if value >= 1e6 and value % 1e5 == 0:
        return f"{value / 1e6:g} M"
    if value >= 1e4 and value % 100 == 0:
        return f"{value / 1e3:g} k"
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"


class Chart:
    """One chart. `lines` maps a name to its (x, y, least, most) points; y begins at zero."""

    def __init__(self, title, x_name, y_name, lines, x_log=True):
        self._title, self._x_name, self._y_name = title, x_name, y_name
        self._lines = lines
        points = [point for line in lines.values() for point in line]
        self._xs = sorted({point[0] for point in points})
        # On a logarithmic axis zero stands a step before the first power.
        self._place = (lambda x: math.log10(x) if x > 0 else -0.5) if x_log else float
        self._low, self._high = self._place(self._xs[0]), self._place(self._xs[-1])
        self._step = _nice_step(max(point[3] for point in points))
        self._top = self._step * math.ceil(max(point[3] for point in points) / self._step)

    def _x(self, value):
        share = (self._place(value) - self._low) / (self._high - self._low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def _y(self, value):
        return HEIGHT - BOTTOM - value / self._top * (HEIGHT - TOP - BOTTOM)

    def _axes(self):
        mark = 0.0
        while mark <= self._top * 1.0001:
            y = self._y(mark)
            yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
            yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_text(round(mark, 6))}</text>'
            mark += self._step
        for value in self._xs:
            x = self._x(value)
            yield f'<path class="axis" d="M{x:.1f} {HEIGHT - BOTTOM}v5"/>'
            yield (
                f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 19}" text-anchor="middle">{_text(value)}</text>'
            )
        yield f'<path class="axis" d="M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>'
        middle = (LEFT + WIDTH - RIGHT) / 2
        yield f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">{html.escape(self._x_name)}</text>'
        yield f'<text x="{LEFT - 48}" y="{TOP - 10}">{html.escape(self._y_name)}</text>'

    def _curves(self):
        for (name, points), colour in zip(self._lines.items(), COLOURS):
            places = [(self._x(x), self._y(y)) for x, y, _, _ in points]
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            yield f'<path d="M{path}" stroke="{colour}" stroke-width="2" fill="none"/>'
            for (x, y), (_, _, least, most) in zip(places, points):
                yield (
                    f'<path d="M{x:.1f} {self._y(least):.1f}V{self._y(most):.1f}" '
                    f'stroke="{colour}" stroke-opacity=".5"/>'
                )
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'

    def _legend(self):
        x = LEFT + 70
        for name, colour in zip(self._lines, COLOURS):
            yield f'<path d="M{x} {TOP - 14}h18" stroke="{colour}" stroke-width="2"/>'
            yield f'<text x="{x + 24}" y="{TOP - 10}">{html.escape(name)}</text>'
            x += 44 + 7 * len(name)

    def text(self):
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" role="img">',
            f"<title>{html.escape(self._title)}</title>",
            f"<style>{STYLE}</style>",
            f'<text class="title" x="{LEFT - 48}" y="18">{html.escape(self._title)}</text>',
            *self._axes(),
            *self._curves(),
            *self._legend(),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"
