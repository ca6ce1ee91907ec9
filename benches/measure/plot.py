"""The picture of docs/performance.md: how time and memory grow with the requests.

    .venv/bin/python benches/measure/plot.py docs/growth.svg target/bench/bench.json [EARLIER.json]

Those of an earlier run are drawn beneath, in grey.
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
    "polyline{fill:none;stroke:#0969da;stroke-width:2}circle{fill:#0969da}.earlier{stroke:#999;stroke-dasharray:4 3}"
    "@media(prefers-color-scheme:dark){text{fill:#aaa}.title{fill:#eee}line{stroke:#444}polyline{stroke:#58a6ff}circle{fill:#58a6ff}.earlier{stroke:#777}}"
)


def decades(values):
    """The powers of ten between which all lie."""
    return math.floor(math.log10(min(values))), max(math.ceil(math.log10(max(values))), math.floor(math.log10(min(values))) + 1)


def panel(left, title, figure, now, earlier):
    """One figure of the points over their requests, both by powers of ten."""
    (first, last), (low, high) = (decades([point[of] for point in now + earlier]) for of in ("requests", figure))

    def places(points):
        for point in points:
            across = (math.log10(point["requests"]) - first) / (last - first)
            yield left + across * ACROSS, TOP + UP - (math.log10(point[figure]) - low) / (high - low) * UP

    def line(points, kind):
        return f'<polyline{kind} points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places(points))}"/>'

    yield f'<text class="title" x="{left}" y="{TOP - 20}">{title}</text>'
    for power in range(low, high + 1):
        y = TOP + UP - (power - low) / (high - low) * UP
        yield f'<line x1="{left}" x2="{left + ACROSS}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>'
    for power in range(first, last + 1):
        x = left + (power - first) / (last - first) * ACROSS
        yield f'<text x="{x:.1f}" y="{TOP + UP + 20}" text-anchor="middle">{10**power:,}</text>'
    if earlier:
        yield line(earlier, ' class="earlier"')
    yield line(now, "")
    for (x, y), point in zip(places(now), now):
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"><title>{point["requests"]:,} requests: {point[figure]:.3g}</title></circle>'


def growth(now, earlier=()):
    """An SVG of points, each with its requests, its processor time and the memory of `rehearse`."""
    earlier = list(earlier)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Processor time and memory of a rehearsal, by its requests</title>",
        f"<style>{STYLE}</style>",
        *panel(LEFT[0], "seconds of processor time", "cpu_s", now, earlier),
        *panel(LEFT[1], "MB that rehearse has resident at most", "rss_mb", now, earlier),
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">requests in one rehearsal, on stubs</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def points(path):
    """Those of a bench.json, by their requests."""
    return json.loads(pathlib.Path(path).read_text())["growth"]["requests"]


if __name__ == "__main__":
    picture, *measured = sys.argv[1:]
    pathlib.Path(picture).write_text(growth(*map(points, measured)))
