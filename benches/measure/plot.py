"""The picture of docs/performance.md: how time and memory grow with the requests.

    .venv/bin/python benches/measure/plot.py target/bench/bench.json docs/growth.svg
"""

import json
import math
import pathlib
import sys

WIDTH, HEIGHT = 760, 300
# Of each panel: where its axes begin, and how long they are.
LEFT, TOP, ACROSS, UP = (64, 444), 48, 280, 190
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#555}.title{font-size:14px;fill:#222}line{stroke:#ddd}"
    "polyline{fill:none;stroke:#0969da;stroke-width:2}circle{fill:#0969da}"
    "@media(prefers-color-scheme:dark){text{fill:#aaa}.title{fill:#eee}line{stroke:#444}polyline{stroke:#58a6ff}circle{fill:#58a6ff}}"
)


def decades(values):
    """The powers of ten between which all lie."""
    return math.floor(math.log10(min(values))), max(math.ceil(math.log10(max(values))), math.floor(math.log10(min(values))) + 1)


def panel(left, title, across, up):
    """One figure over another, both by powers of ten."""
    (first, last), (low, high) = decades(across), decades(up)

    def x(value):
        return left + (math.log10(value) - first) / (last - first) * ACROSS

    def y(value):
        return TOP + UP - (math.log10(value) - low) / (high - low) * UP

    yield f'<text class="title" x="{left}" y="{TOP - 20}">{title}</text>'
    for power in range(low, high + 1):
        at = y(10.0**power)
        yield f'<line x1="{left}" x2="{left + ACROSS}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>'
    for power in range(first, last + 1):
        yield f'<text x="{x(10.0**power):.1f}" y="{TOP + UP + 20}" text-anchor="middle">{10**power:,}</text>'
    places = [(x(value), y(figure)) for value, figure in zip(across, up)]
    yield f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in places)}"/>'
    for (a, b), value, figure in zip(places, across, up):
        yield f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5"><title>{value:,} requests: {figure:.3g}</title></circle>'


def growth(points):
    """An SVG of them, each with its requests, its time on the wall and the memory of `rehearse`."""
    requests = [point["requests"] for point in points]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Time grows with the requests, memory does not</title>",
        f"<style>{STYLE}</style>",
        *panel(LEFT[0], "seconds", requests, [point["wall_s"] for point in points]),
        *panel(LEFT[1], "MB that rehearse has resident at most", requests, [point["rss_mb"] for point in points]),
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">requests in one rehearsal, on stubs</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    source, picture = map(pathlib.Path, sys.argv[1:])
    picture.write_text(growth(json.loads(source.read_text())["growth"]["requests"]))
