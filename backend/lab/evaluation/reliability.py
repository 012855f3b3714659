"""A score beside the share that is right of what gets it: the reliability diagram as a table and as a picture."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .metrics import table

#: Scores between which registrations are counted together.
EDGES = (0.0, 0.1, 0.3, 0.5, 0.8, 0.95, 1.0)
#: Pixels of the diagram's square, of the room around it, and of a dot that stands for one registration.
SIDE, ROOM, DOT = 240, 36, 1.6


def bins_of(score: np.ndarray, right: np.ndarray) -> list[tuple[float, float, int, float, float]]:
    """Low and high edge, count, mean score and share that is right; empty ones are left out."""
    found = []
    for low, high in pairwise(EDGES):
        inside = (score >= low) & ((score < high) if high < 1 else True)
        if inside.any():
            found.append((low, high, int(inside.sum()), float(score[inside].mean()), float(right[inside].mean())))
    return found


def reliability_table(score: np.ndarray, right: np.ndarray) -> str:
    """Markdown."""
    rows = [[f"{low} to {high}", count, f"{share:.0%}"] for low, high, count, _, share in bins_of(score, right)]
    return table(["score", "registrations", "right"], rows)


def diagram(score: np.ndarray, right: np.ndarray) -> str:
    """SVG: a dot per bin, its area by how many there are, its bar two standard errors; on the line it is honest."""
    whole = SIDE + 2 * ROOM
    place = lambda x, y: (ROOM + x * SIDE, ROOM + (1 - y) * SIDE)  # noqa: E731
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{whole}" font-family="sans-serif" '
        f'font-size="11">\n<rect width="{whole}" height="{whole}" fill="white"/>',
        f'<rect x="{ROOM}" y="{ROOM}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#999"/>',
        f'<path d="M{ROOM} {ROOM + SIDE}L{ROOM + SIDE} {ROOM}" stroke="#999" stroke-dasharray="4"/>',
        f'<text x="{whole / 2}" y="{whole - 8}" text-anchor="middle">score</text>',
        f'<text x="{ROOM}" y="{ROOM - 10}">share that is right</text>',
    ]
    for tick in (0.0, 0.5, 1.0):
        (x, _), (_, y) = place(tick, 0), place(0, tick)
        drawn.append(f'<text x="{x}" y="{whole - ROOM + 14}" text-anchor="middle">{tick:g}</text>')
        drawn.append(f'<text x="{ROOM - 5}" y="{y + 4}" text-anchor="end">{tick:g}</text>')
    for _, _, count, mean, share in bins_of(score, right):
        (x, y), error = place(mean, share), 2 * SIDE * np.sqrt(share * (1 - share) / count)
        drawn.append(f'<path d="M{x:.1f} {y - error:.1f}V{y + error:.1f}" stroke="#357"/>')
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{DOT * np.sqrt(count / np.pi):.1f}" fill="#357"/>')
    return "\n".join([*drawn, "</svg>\n"])
