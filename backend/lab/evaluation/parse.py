"""python -m backend.lab evaluate parse: how well a portrait's pixels are known, on people that training left out.

Portraits of left-out people and heads as training draws them (lab/training/draw_parse.py). Intersection over union is
soft: the sum of the lesser of probability and truth over that of the greater. By class, and then by what the picture is
made as and by how light hair and skin are; last, how many heads lose their hair (under half of what the picture shows
is hair), have it taken for a hat, or get a beard that nobody has.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from ...portrait.landmarks import FaceLandmarks, box_of
from ...portrait.parse import parse_portrait
from ...portrait.parse_network import CLASSES
from ..training.developed import developed
from ..training.draw_parse import Cast, compose, flat, left_out, read_heads, read_rendered
from ..training.occluded import read_hands

MAKES = ("photo", "photo", "painted", "flat")
HAIR, FACIAL, HEADWEAR = (CLASSES.index(name) for name in ("hair", "facial_hair", "headwear"))
#: Mean luma below which hair and skin are dark, and from which they are light.
DARK, LIGHT = 0.2, 0.5
#: Share of the picture that hair has at least, so that one may lose it, or that a beard has that is seen.
ENOUGH = 0.01

#: A portrait (S,S,3) and its face to (S,S,8) probabilities.
Parser = Callable[[np.ndarray, FaceLandmarks], np.ndarray]


def drawn(cast: Cast, number: int) -> dict[str, np.ndarray | str]:
    """Portrait number n: color (S,S,3) float32, points (468,2), classes (S,S,8), weight (S,S), make."""
    random, make = np.random.default_rng([777, number]), MAKES[number % len(MAKES)]
    stage = compose(cast, random)
    if make == "flat":
        flat(stage)
    color = developed(stage.scene.color, random, "photo" if make == "flat" else make)
    make = "rendered" if stage.of.rendered and make == "photo" else make
    points = stage.scene.head.points.astype(np.float32)
    return {"color": color, "points": points, "classes": stage.classes, "weight": stage.weight, "make": make}


def overlap(made: np.ndarray, classes: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Twice (8,): what a picture adds to intersection and union of each class."""
    parts = np.minimum(made, classes), np.maximum(made, classes)
    both, either = ((part * weight[..., None]).sum((0, 1)) for part in parts)
    return both, either


def groups_of(one: dict) -> list[str]:
    """What a picture is counted under."""
    luma = one["color"].mean(-1)
    tones = []
    for name, number in (("hair", HAIR), ("skin", CLASSES.index("skin"))):
        sure = one["classes"][..., number] * one["weight"] > 0.9
        if sure.mean() > ENOUGH:
            tone = float(np.median(luma[sure]))
            tones.append(f"{'dark' if tone < DARK else 'light' if tone > LIGHT else 'medium'} {name}")
    return ["all", str(one["make"]), *tones]


def faults(one: dict, made: np.ndarray) -> dict[str, bool | None]:
    """Hair lost, taken for a hat; a hat taken for hair; a beard lost, or made up; None where it does not apply."""
    known = one["weight"] > 0.5
    share = {number: (one["classes"][..., number] * known).mean() for number in (HAIR, FACIAL, HEADWEAR)}

    def taken(truth: int, guess: int) -> float:
        area = (one["classes"][..., truth] > 0.9) & known
        return float(made[area, guess].mean()) if area.any() else 0.0

    return {
        "hair lost": taken(HAIR, HAIR) < 0.5 if share[HAIR] > ENOUGH else None,
        "hair for a hat": taken(HAIR, HEADWEAR) > 0.5 if share[HAIR] > ENOUGH else None,
        "hat for hair": taken(HEADWEAR, HAIR) > 0.5 if share[HEADWEAR] > ENOUGH else None,
        "beard lost": taken(FACIAL, FACIAL) < 0.5 if share[FACIAL] > ENOUGH / 3 else None,
        "beard made up": (made[..., FACIAL] * known).mean() > ENOUGH / 3 if share[FACIAL] == 0 else None,
    }


def measure(pictures: list[dict], parser: Parser) -> str:
    """A table."""
    sums: dict[str, np.ndarray] = {}
    counts: dict[str, list[bool]] = {}
    for one in pictures:
        points = np.c_[one["points"], np.zeros(len(one["points"]))].astype(np.float32)
        made = parser(one["color"], FaceLandmarks(points, 1.0, box_of(points)))
        for group in groups_of(one):
            sums[group] = sums.get(group, 0) + np.stack(overlap(made, one["classes"], one["weight"]))
        for fault, found in faults(one, made).items():
            counts.setdefault(fault, []).extend([] if found is None else [found])
    lines = [f"{'':14s}" + "".join(f"{name:>12s}" for name in CLASSES)]
    for group in sorted(sums, key=lambda name: (name != "all", name)):
        both, either = sums[group]
        lines.append(f"{group:14s}" + "".join(f"{x / max(y, 1e-6):12.3f}" for x, y in zip(both, either, strict=True)))
    lines += [f"{fault}: {sum(found)} of {len(found)}" for fault, found in counts.items()]
    return "\n".join(lines)


def parse(color: np.ndarray, face: FaceLandmarks) -> np.ndarray:
    """The product's."""
    found = parse_portrait(color, face)
    return np.stack([getattr(found, name) for name in CLASSES], -1)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab evaluate parse", description=__doc__.splitlines()[0])
    parser.add_argument("--heads", type=Path, required=True, help="folder of python -m backend.lab parse cut")
    parser.add_argument("--rendered", type=Path, help="folder of python -m backend.lab parse render")
    parser.add_argument("--hands", type=Path, required=True, help="folder of python -m backend.lab parse hands")
    parser.add_argument("--count", type=int, default=200)
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    heads, rendered = left_out(read_heads(arguments.heads), True), left_out(read_rendered(arguments.rendered), True)
    cast = Cast(heads, rendered, read_hands(arguments.hands))
    print(measure([drawn(cast, number) for number in range(arguments.count)], parse))
    return 0
