"""How a job's time and memory grow with the texture's size, as a table and a plot: python -m tests.speed.growth

    python -m tests.speed.growth --mesh head.obj --portrait portrait.png --output growth.svg

Every size is a warm job of a process of its own, which made a texture of 512 before: its memory is not another size's.
The line of slope 1 is growth linear in texels.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from backend.imaging.files import write_bytes
from backend.messages import Generate
from backend.options import SIZE
from backend.pipeline import generate
from backend.progress import peak_memory

SIDE, MARGIN = 420, 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.speed.growth", description=__doc__.splitlines()[0])
    parser.add_argument("--mesh", required=True)
    parser.add_argument("--portrait", required=True)
    parser.add_argument("--output", type=Path, help="the plot (SVG)")
    sizes = [choice.value for choice in SIZE.choices]
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes, help=f"texels of a side (default {sizes})")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)  # this process measures that size
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.mesh, options.portrait, options.one)))
        return 0
    rows = []
    for size in options.sizes:
        command = [sys.executable, "-m", "tests.speed.growth", "--one", str(size)]
        told = subprocess.check_output([*command, "--mesh", options.mesh, "--portrait", options.portrait], text=True)
        rows.append(json.loads(told))
        print("{size:5d} texels: {wall:6.1f} s, {cpu:6.1f} s of processors, {memory:5.0f} MiB".format(**rows[-1]))
    if options.output:
        write_bytes(options.output, plot(rows).encode())
    return 0


def measure(mesh: str, portrait: str, size: int) -> dict[str, float]:
    """Seconds by the clock and of processors, and peak MiB, of one job in a warm process."""
    with TemporaryDirectory() as folder:
        for texels in (512, size):
            wall, cpu = time.perf_counter(), time.process_time()
            request = Generate("growth", portrait, str(Path(folder) / "texture.png"), mesh=mesh, size=texels)
            generate(request, lambda *_: None, lambda: False)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"size": size, "wall": wall, "cpu": cpu, "memory": peak_memory()}


def plot(rows: list[dict[str, float]]) -> str:
    """SVG: processor seconds over texels, both in octaves, and linear growth through the largest size."""
    points = [(math.log2(row["size"] ** 2), math.log2(row["cpu"])) for row in rows]
    left, right = points[0][0], points[-1][0]
    low, high = min(y for _, y in points) - 1, max(y for _, y in points) + 1
    step = SIDE / max(right - left, 1)

    def place(x: float, y: float) -> tuple[float, float]:
        return MARGIN + (x - left) * step, MARGIN + (high - y) * SIDE / (high - low)

    def line(ends: list[tuple[float, float]], style: str) -> str:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*end) for end in ends))
        return f'<polyline points="{path}" fill="none" {style}/>'

    bottom = max(left, right - (points[-1][1] - low))  # where linear growth leaves the picture
    linear = [(bottom, points[-1][1] - (right - bottom)), points[-1]]
    body = [line(linear, 'stroke="#999" stroke-dasharray="4"'), line(points, 'stroke="#06c" stroke-width="2"')]
    for row, (x, y) in zip(rows, (place(*point) for point in points), strict=True):
        body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#06c"/>')
        body.append(f'<text x="{x - 24:.1f}" y="{y - 10:.1f}">{row["cpu"]:.1f} s</text>')
        body.append(f'<text x="{x - 16:.1f}" y="{MARGIN + SIDE + 24}">{row["size"]:.0f}</text>')
    body.append(f'<text x="{MARGIN}" y="24">Processor seconds of a warm job by texels of a side; dashed: linear</text>')
    whole = SIDE + 2 * MARGIN
    style = f'width="{whole}" height="{whole}" font-family="sans-serif" font-size="13"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {style}>{"".join(body)}</svg>\n'


if __name__ == "__main__":
    raise SystemExit(main())
