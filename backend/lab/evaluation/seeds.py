"""python -m backend.lab evaluate seeds: do seeds differ as people do?

The rms difference between completions of one observation by different seeds, over hidden skin, beside that between the
photographed skins of two strangers in the same places. A portrait tells the tone, so a stranger's skin is brought to
the person's median colour first; the difference of whole strangers stands beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from ...imaging.files import write_bytes
from ..faces.observing import Seen
from .hidden import cell, networks_by_name, parser_for, people_of
from .hidden_methods import STAGES, staged
from .hidden_parts import hide, part
from .metrics import mean_error, table

#: Hidden in turn; seeds of each, and strangers that each person is compared with.
PARTS, SEEDS, STRANGERS = ("half", "lower"), (1, 2, 3), 6


def rms(a: np.ndarray, b: np.ndarray, weight: np.ndarray) -> float:
    """Of two (S,S,3) sRGB pictures over the texels of a (S,S) weight, 0..255."""
    return float(255 * np.sqrt((((a - b) ** 2).mean(2) * weight).sum() / max(weight.sum(), 1e-6)))


def toned(other: Seen, person: Seen, shown: np.ndarray) -> np.ndarray:
    """(S,S,3) a stranger's skin with the person's median colour over (S,S) bool texels that both show."""
    both = shown & (other.confidence > 0.3)
    if not both.any():
        return other.unlit
    gain = np.median(person.unlit[both], axis=0) / np.maximum(np.median(other.unlit[both], axis=0), 0.02)
    return np.clip(other.unlit * gain, 0, 1)


def spread(seen: list[tuple[str, Seen]], networks, positions: np.ndarray) -> Iterator[dict[str, float]]:
    """One entry a person: rms of seeds, of strangers in the person's tone, and of strangers."""
    run = staged("123")
    for number, (person, one) in enumerate(seen):
        values: dict[str, list[float]] = {"seeds": [], "strangers": [], "whole strangers": []}
        for name in PARTS:
            case = hide(one, part(name, person, one.confidence), positions, networks.skin)
            made = [run(case.evidence, networks, seed) for seed in SEEDS]
            values["seeds"] += [rms(a, b, case.weight) for a, b in combinations(made, 2)]
            for step in range(1, STRANGERS + 1):
                other = seen[(number + step) % len(seen)][1]
                weight = case.weight * other.confidence
                shown = (case.skin[1] > 0.3) & (case.weight == 0)
                values["strangers"].append(rms(toned(other, one, shown), one.unlit, weight))
                values["whole strangers"].append(rms(other.unlit, one.unlit, weight))
        yield {"id": person} | {name: float(np.mean(some)) for name, some in values.items()}


def main(argv: list[str] | None = None) -> int:
    parser = parser_for("seeds", __doc__)
    arguments = parser.parse_args(argv)
    seen, rows, everything = list(people_of(arguments)), [], {}
    for name, networks in networks_by_name(arguments.weights).items():
        found = list(spread(seen, networks, networks.geometry))
        share = [one["seeds"] / one["strangers"] for one in found]
        means = [cell(mean_error([one[key] for one in found])) for key in ("seeds", "strangers", "whole strangers")]
        rows.append([name or STAGES, *means, cell(mean_error(share))])
        everything[name or STAGES] = found
    print(f"{len(seen)} people, rms of 255 on hidden skin. Mean ± standard error over people.\n")
    print(table(["method", "seeds", "strangers in one tone", "strangers", "seeds / strangers in one tone"], rows))
    if arguments.output:
        write_bytes(arguments.output, json.dumps(everything, indent=1).encode())
    return 0
