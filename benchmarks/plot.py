"""Draw measured times over sizes: ``python -m benchmarks.plot < LINES > PLOT.svg``.

Reads JSON lines of ``benchmarks.words`` (of one case, without delay), takes the least time of
each size, draws them on logarithmic axes beside their bounds, and writes the slope: by how much
the time grows when the size does (1: in proportion; a merge adds a level at each doubling).
"""

import json
import sys
from collections.abc import Mapping, Sequence
from math import log2, log10
from typing import Any

WIDTH, HEIGHT, MARGIN = 640, 400, 60
SERIES = {"cpu_seconds": "work", "cpu_seconds_bare": "bound"}
Points = dict[int, float]


def main() -> int:
    """Draw what stands on standard input."""
    lines = [json.loads(line) for line in sys.stdin if line.startswith("{")]
    sys.stdout.write(drawn([line for line in lines if not line.get("delay")]))
    return 0


def least(lines: Sequence[Mapping[str, Any]], key: str) -> Points:
    """Return the least value of a key for each size, sizes ascending."""
    found: Points = {}
    for line in lines:
        size = int(line["n"])
        found[size] = min(line[key], found.get(size, line[key]))
    return dict(sorted(found.items()))


def slope(points: Points) -> float:
    """Return log(time) over log(size), between the first and the last point."""
    low, high = min(points), max(points)
    return log2(points[high] / points[low]) / log2(high / low) if high > low else 0.0


def drawn(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return the plot as SVG."""
    series = {name: least(lines, key) for key, name in SERIES.items()}
    sizes = [size for points in series.values() for size in points]
    times = [time for points in series.values() for time in points.values()]
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for name, points in series.items():
        dashes, beside = ("", -8) if name == "work" else (' stroke-dasharray="4 3"', 16)
        corners = [_at(size, time, sizes, times) for size, time in points.items()]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        parts.append(f'<polyline points="{path}" fill="none" stroke="black"{dashes}/>')
        for (x, y), (size, time) in zip(corners, points.items(), strict=True):
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
            parts.append(
                f'<text font-size="12" x="{x:.1f}" y="{y + beside:.1f}">{time:.3f}</text>'
            )
            if name == "work":
                foot = HEIGHT - MARGIN / 2
                shown = f"2^{size.bit_length() - 1}" if size.bit_count() == 1 else f"{size:,}"
                parts.append(
                    f'<text font-size="12" text-anchor="middle" x="{x:.1f}" y="{foot:.0f}">'
                    f"{shown}</text>"
                )
    told = ", ".join(f"{name}: slope {slope(points):.2f}" for name, points in series.items())
    title = f"{lines[0]['case']}: processor seconds of a party over words of a list"
    parts.append(f'<text x="{MARGIN}" y="20">{title}</text>')
    parts.append(f'<text font-size="12" x="{MARGIN}" y="38">{told}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _at(
    size: int, time: float, sizes: "list[int]", times: "list[float]"
) -> tuple[float, float]:
    across = _part(size, min(sizes), max(sizes))
    up = _part(time, min(times), max(times))
    return (
        MARGIN + across * (WIDTH - 2 * MARGIN),
        HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN),
    )


def _part(value: float, lowest: float, highest: float) -> float:
    return log10(value / lowest) / log10(highest / lowest) if highest > lowest else 0.5


if __name__ == "__main__":
    sys.exit(main())
