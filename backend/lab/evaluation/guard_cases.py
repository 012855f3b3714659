"""The guard's cases: which skin on which head, with which hair, marks, style, light and camera.

All are dealt from decks, so that every kind is there as often as it should be whatever the seed, and on both halves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..texhub.skins import CREATURES, HEADS, PICTURES

HALVES = ("choose", "report")
#: Cases that each skin is in.
ROUNDS = 2
#: Decks: what is dealt, in shares of the cases. "own" is the scalp as the skin has it.
HAIR = ("own", "own", "own", "black", "brown", "fair", "grey", "shaved")
STYLES = ("photo",) * 6 + ("cel", "cel", "oil", "watercolour")
LIGHTS = ("soft", "soft", "hard", "hard", "side")
MARKS = ((), (), ("freckles",), ("moles",), ("scar",), ("freckles", "moles"))
#: What the camera adds; photographs alone are noisy.
CAMERAS = ("clean", "clean", "clean", "noisy", "jpeg")
#: Gains of linear light: what the white balance left.
CASTS = ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (1.05, 1.0, 0.93), (0.95, 1.0, 1.06))
BACKDROPS = ((0.62, 0.68, 0.75), (0.25, 0.3, 0.26), (0.85, 0.84, 0.8), (0.45, 0.25, 0.2), (0.12, 0.12, 0.14))
#: Degrees: the furthest turn to either side; and how much a head's width, height and depth may differ from the file's.
FURTHEST, STRETCH = 45.0, 0.07


@dataclass(frozen=True)
class GuardCase:
    """One portrait to make; JSON once it is a dictionary.

    kit, skin, head: names of folder and files, without extensions. stretch: gains of width, height and depth.
    yaw, pitch: degrees. light: of LIGHTS, or cel; light_from: right, up, front of the face.
    """

    name: str
    kit: str
    skin: str
    head: str
    stretch: tuple[float, ...]
    yaw: float
    pitch: float
    light: str
    light_from: tuple[float, ...]
    cast: tuple[float, ...]
    backdrop: tuple[float, ...]
    style: str
    hair: str
    marks: tuple[str, ...]
    camera: str
    seed: int
    occluder: str = ""  # of guard_occlude.KINDS
    face: str = ""  # the first skin of all that show the same face, where that is known

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def half_of(skin: str) -> str:
    """The half that all cases of a skin are in."""
    return HALVES[sum(map(ord, skin)) % 2]


def find_skins(data: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Kit -> (heads, skins without creatures), of a folder laid out as KIT/heads/*.obj and KIT/skins/*.jpg."""
    found = {}
    for folder in sorted(path.parent for path in data.glob("*/skins")):
        heads = sorted(path.stem for path in folder.glob("heads/*") if path.suffix.lower() in HEADS)
        skins = sorted(path.stem for path in folder.glob("skins/*") if path.suffix.lower() in PICTURES)
        found[folder.name] = heads, [name for name in skins if not any(one in name.lower() for one in CREATURES)]
    return {kit: found[kit] for kit in found if all(found[kit])}


def draw_cases(kits: dict[str, tuple[list[str], list[str]]], seed: int = 0, rounds: int = ROUNDS) -> list[GuardCase]:
    """Rounds x skins cases; the same seed and skins give the same ones.

    Raises:
        ValueError: there are no skins.
    """
    cases: list[GuardCase] = []
    for half in HALVES:
        owned = [(kit, skin) for kit, (_, skins) in kits.items() for skin in skins if half_of(skin) == half] * rounds
        cases += _draw_half(owned, {kit: heads for kit, (heads, _) in kits.items()}, seed, half, len(cases))
    if not cases:
        raise ValueError("There are no skins with heads in that folder.")
    return cases


def _draw_half(
    owned: Sequence[tuple[str, str]], heads: dict[str, list[str]], seed: int, half: str, first: int
) -> list[GuardCase]:
    count = len(owned)
    random = np.random.default_rng([seed, HALVES.index(half)])

    def deal(deck: Sequence[Any]) -> list[Any]:
        """As many of each as its share of the deck, in any order."""
        return [deck[i % len(deck)] for i in random.permutation(count)]

    turns = (random.permutation(count) + random.random(count)) / max(count, 1) * FURTHEST
    dealt = list(
        zip(turns * deal((-1, 1)), *map(deal, (HAIR, STYLES, LIGHTS, MARKS, CAMERAS, CASTS, BACKDROPS)), strict=True)
    )
    cases = []
    for i, (kit, skin) in enumerate(owned):
        yaw, hair, style, light, marks, camera, cast, backdrop = dealt[i]
        stretch = 1 + random.uniform(-STRETCH, STRETCH, 3)
        around, above = np.radians([random.uniform(-60, 60), random.uniform(5, 60)])
        if light == "side":
            around = np.copysign(np.radians(random.uniform(60, 85)), around)
        toward = np.sin(around) * np.cos(above), np.sin(above), np.cos(around) * np.cos(above)
        drawn = style != "photo"
        cases.append(
            GuardCase(
                f"{first + i:03d}_{kit[0]}_{style}_{hair}",
                kit,
                skin,
                heads[kit][int(random.integers(len(heads[kit])))],
                tuple(stretch.round(3).tolist()),
                round(float(yaw), 1),
                round(float(np.clip(random.normal(0, 5), -10, 10)), 1),
                "cel" if style == "cel" else light,
                tuple(np.round(toward, 3).tolist()),
                CASTS[0] if drawn else cast,
                backdrop,
                style,
                hair,
                marks,
                "clean" if drawn else camera,
                int(random.integers(2**31)),
            )
        )
    return cases


def choose(cases: Sequence[GuardCase], half: str = "", count: int = 0, seed: int = 0) -> list[GuardCase]:
    """Those of one half, or all; count of them at random, in their order."""
    some = [case for case in cases if half in ("", half_of(case.skin))]
    if not count or count >= len(some):
        return some
    return [some[i] for i in sorted(np.random.default_rng(seed).permutation(len(some))[:count])]
