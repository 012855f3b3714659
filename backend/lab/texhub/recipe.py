"""Recipes: all that makes one texture, as plain JSON; drawn from a seed, enough to make it again byte for byte."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...head.facial_regions import SWAPPED
from .drawn_styles import draw_style
from .hair import DYED, GROWN, OFTEN
from .lights import draw_light
from .occluders import KINDS, draw_occluder
from .pigments import melanin_for
from .sources import Sources

#: Raised with every change that makes other pixels of the same recipe.
VERSION = 1
#: Lit versions and views of each texture.
VERSIONS = 3
#: Most melanin added or taken away: half the way from light skin to dark; beyond it blemishes of the skin take over.
MOST_MELANIN = 1.5
#: Skins within about so many degrees of the wanted ITA are preferred as base.
NEAR = 25.0
#: Share of the scalp that is dark from which a skin's painted hair is long.
LONG = 0.85


class Draw:
    """Random numbers short enough to read in a recipe."""

    def __init__(self, *seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def number(self, low: float, high: float) -> float:
        return round(float(self.random.uniform(low, high)), 4)

    def normal(self, mean: float, deviation: float) -> float:
        return round(float(self.random.normal(mean, deviation)), 4)

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def seed(self) -> int:
        return int(self.random.integers(2**31))

    def name(self, sources: Sources, indices: np.ndarray, weights: np.ndarray | None = None) -> str:
        share = None if weights is None else weights / weights.sum()
        return sources.names[int(self.random.choice(indices, p=share))]


def draw_recipe(sources: Sources, seed: int, index: int, side: str) -> dict[str, Any]:
    """The recipe of a build's texture of that number, from the skins of one side of the split only.

    Returns:
        JSON: version, seed, index, side, sources; skins and faces that went in; then what render.py's steps read.
    """
    draw = Draw(seed, index, 0)
    own = sources.where(side)
    wanted = draw.number(-55, 60)
    weights = face_weights(sources, own) * (np.exp(-(((sources.ita[own] - wanted) / NEAR) ** 2)) + 0.01)
    identity = draw_identity(draw, sources, own, draw.name(sources, own, weights))
    tone = sources.tone[sources.index(identity["base"])]
    undertone = -draw.number(0.4, 0.9) * sources.undertone[sources.index(identity["base"])]
    tone = tone + undertone
    melanin = melanin_for(tone, wanted, MOST_MELANIN) if draw.chance(0.8) else draw.normal(0, 0.08)
    hair, beard, makeup = draw_hair(draw, tone.mean() + melanin)
    if sources.hairy[sources.index(identity["scalp"] or identity["base"])] > LONG:
        hair = {}  # long hair would hang out below what is painted over it
    age = draw_age(draw, sources, own, side)
    style, parameters = draw_style(draw.random)
    recipe = {
        "identity": identity,
        "age": age,
        "pigment": {
            "melanin": round(float(melanin), 4),
            "blood": draw.normal(0, 0.06),
            "carotene": draw.normal(0, 0.05),
            "undertone": [round(float(v), 4) for v in undertone],
        },
        "marks": draw_marks(draw),
        "brows": {
            "gain": draw.number(0.7, 1.3),
            "hairs": draw.number(0, 0.5) if draw.chance(0.4) else 0.0,
            "tint": draw.number(0, 0.3),
            "seed": draw.seed(),
        },
        "lips": {"blood": draw.normal(0.05, 0.10), "brown": draw.normal(0, 0.06), "colour": [], "cover": 0.0},
        "makeup": {},
        "hair": hair,
        "beard": beard,
        "style": {"name": style, "parameters": parameters},
        "lights": [draw_light(draw.random) for _ in range(VERSIONS)],
        "views": [draw_view(draw) for _ in range(VERSIONS)],
    }
    if makeup:
        recipe["makeup"], lipstick = draw_makeup(draw)
        recipe["lips"].update(lipstick)
    skins = skins_of(recipe)
    faces = sorted({sources.faces[sources.index(name)] for name in skins})
    if age["pores"]:
        faces.append("detail/" + age["pores"]["source"])
    head = {"version": VERSION, "seed": seed, "index": index, "side": side, "sources": sources.digest}
    return {**head, "skins": skins, "faces": faces, **recipe}


def face_weights(sources: Sources, indices: np.ndarray) -> np.ndarray:
    """(n,) by faces and files, in between: one face has eighteen files."""
    faces = [sources.faces[i] for i in indices]
    return np.array([faces.count(face) ** -0.6 for face in faces])


def skins_of(recipe: dict) -> list[str]:
    """Every skin that a recipe takes something from."""
    identity, age = recipe["identity"], recipe["age"]
    names = {identity["base"], identity["neck"], identity["scalp"]}
    names |= {swap["skin"] for swap in identity["swaps"].values()}
    names |= {part["skin"] for part in (identity["blend"], age["wrinkles"]) if part}
    return sorted(names - {""})


def draw_identity(draw: Draw, sources: Sources, own: np.ndarray, base: str) -> dict:
    """A base, parts of up to four others, seldom a blend; bald and hairy scalps of others; a neck where it has none."""
    weights = face_weights(sources, own)
    # a part from far lighter or darker skin brings its halo along
    near = np.exp(-(((sources.ita[own] - sources.ita[sources.index(base)]) / 30) ** 2)) + 1e-4
    swaps = {
        part: {
            "skin": draw.name(sources, own, weights * near),
            "share": draw.number(0.6, 1.0),
            "mirrored": draw.chance(0.5),
        }
        for part in SWAPPED
        if draw.chance(0.45)
    }
    blend: dict = {}
    if draw.chance(0.4):
        blend = {
            "skin": draw.name(sources, own, weights * near),
            "share": draw.number(0.25, 0.8),
            "seed": draw.seed(),
            "cells": int(draw.random.integers(3, 7)),
        }
    bald, hairy = own[sources.hairy[own] < 0.3], own[sources.hairy[own] > 0.6]
    kind = draw.random.choice(["own", "hairy", "bald"], p=[0.55, 0.33, 0.12])
    candidates = {"own": own[:0], "hairy": hairy, "bald": bald}[str(kind)]
    scalp = draw.name(sources, candidates) if len(candidates) else ""
    size = sources.size
    necks = sources.valid[own][:, int(0.87 * size) : int(0.895 * size), size // 4 : -size // 4].mean((1, 2))
    whole = own[(necks > 0.5) & (sources.hairy[own] < 0.5)]  # long hair hangs down beside the neck
    whole = whole if len(whole) else own[necks > 0.5]
    neck = "" if necks[list(own).index(sources.index(base))] > 0.5 or not len(whole) else draw.name(sources, whole)
    return {"base": base, "mirrored": draw.chance(0.5), "swaps": swaps, "blend": blend, "scalp": scalp, "neck": neck}


def draw_age(draw: Draw, sources: Sources, own: np.ndarray, side: str) -> dict:
    """Young: own bands weakened. Old: strengthened, and the wrinkles of one of the more wrinkled skins."""
    wrinkles: dict = {}
    factor = draw.number(0.45, 1.2)
    if draw.chance(0.35):
        factor = draw.number(0.9, 1.5)
        old = own[sources.wrinkled[own] >= np.quantile(sources.wrinkled[own], 0.6)]
        wrinkles = {"skin": draw.name(sources, old), "gain": draw.number(0.4, 1.5)}
    pores: dict = {}
    if sources.pores and side == "train" and draw.chance(0.7):  # the detail pictures' person is a training face
        pores = {
            "source": str(draw.random.choice(sorted(sources.pores))),
            "gain": draw.number(0.4, 1.6),
            "x": draw.number(0, 1),
            "y": draw.number(0, 1),
        }
    return {"own": factor, "wrinkles": wrinkles, "pores": pores}


def draw_marks(draw: Draw) -> dict:
    """Any of freckles, moles and a scar."""
    marks: dict = {}
    if draw.chance(0.18):
        marks["freckles"] = {
            "seed": draw.seed(),
            "count": int(draw.random.integers(60, 500)),
            "gain": draw.number(0.15, 0.5),
        }
    if draw.chance(0.4):
        marks["moles"] = {
            "spots": [
                [draw.number(0.2, 0.8), draw.number(0.2, 0.85), draw.number(0.0025, 0.006), draw.number(0.5, 1.6)]
                for _ in range(int(draw.random.integers(1, 7)))
            ]
        }
    if draw.chance(0.07):
        start, step = np.array([draw.number(0.28, 0.72), draw.number(0.2, 0.7)]), draw.random.normal(0, 0.022, (4, 2))
        step += draw.random.normal(0, 0.02, 2)
        points = np.round(np.vstack([start, start + np.cumsum(step, 0)]), 4).tolist()
        marks["scar"] = {
            "points": points,
            "width": draw.number(0.004, 0.009),
            "gain": draw.number(0.35, 0.8),
            "age": draw.number(0, 1),
        }
    return marks


def draw_hair(draw: Draw, skin: float) -> tuple[dict, dict, bool]:
    """Painted hair, a beard (or nothing), and whether make-up goes with it. skin: mean absorbance."""
    names, often = list(GROWN), np.array(OFTEN)
    if skin > 2:  # blond and auburn do not grow on dark skin
        often = often * [1, 0.6, 0.2, 0, 0, 1, 1]
    colour = GROWN[str(draw.random.choice(names, p=often / often.sum()))]
    colour = [round(float(v), 4) for v in np.clip(np.array(colour) * np.exp(draw.random.normal(0, 0.12)), 0.02, 0.95)]
    hair: dict = {}
    if draw.chance(0.5):
        dyed = DYED[int(draw.random.integers(len(DYED)))]
        hair = {
            "colour": list(dyed) if draw.chance(0.1) else colour,
            "contrast": draw.number(0.12, 0.35),
            "lift": draw.number(-0.05, 0.12),
            "recede": draw.number(0, 0.16) if draw.chance(0.5) else 0.0,
            "ragged": draw.number(0.008, 0.03),
            "wave": draw.number(0, 0.03),
            "cover": draw.number(0.75, 1.0),
            "degrees": 90.0,
            "seed": draw.seed(),
        }
    kind = str(draw.random.choice(["none", "stubble", "beard"], p=[0.72, 0.14, 0.14]))
    beard: dict = {}
    if kind == "stubble":
        beard = {"kind": kind, "gain": draw.number(0.08, 0.25), "shade": draw.number(0.03, 0.16), "seed": draw.seed()}
    elif kind == "beard":
        shape = str(draw.random.choice(["full", "full", "goatee", "moustache"]))
        beard = {
            "kind": kind,
            "shape": shape,
            "colour": colour,
            "contrast": draw.number(0.12, 0.3),
            "cover": draw.number(0.6, 0.97),
            "ragged": draw.number(0.2, 0.6),
            "seed": draw.seed(),
        }
    return hair, beard, draw.chance(0.3 if kind == "none" else 0.03)


def draw_makeup(draw: Draw) -> tuple[dict, dict]:
    """Some of eye shadow, eyeliner and blush; and what goes on the lips."""
    shadows = [
        (0.35, 0.22, 0.18),
        (0.55, 0.35, 0.30),
        (0.28, 0.20, 0.35),
        (0.20, 0.30, 0.45),
        (0.20, 0.35, 0.28),
        (0.62, 0.45, 0.28),
        (0.12, 0.10, 0.11),
    ]
    lipsticks = [(0.66, 0.08, 0.12), (0.72, 0.28, 0.33), (0.50, 0.10, 0.20), (0.62, 0.32, 0.26), (0.32, 0.08, 0.14)]
    makeup: dict = {}
    if draw.chance(0.7):
        makeup["shadow"] = {
            "colour": list(shadows[int(draw.random.integers(len(shadows)))]),
            "cover": draw.number(0.15, 0.65),
            "height": draw.number(0.2, 0.9),
        }
    if draw.chance(0.6):
        makeup["liner"] = {
            "colour": [0.06, 0.045, 0.045],
            "cover": draw.number(0.4, 0.9),
            "width": draw.number(0.003, 0.007),
        }
    if draw.chance(0.6):
        makeup["blush"] = {"gain": draw.number(0.06, 0.28), "hue": draw.number(-0.1, 0.4)}
    if not draw.chance(0.75):
        return makeup, {}
    lipstick = list(lipsticks[int(draw.random.integers(len(lipsticks)))])
    return makeup, {"colour": lipstick, "cover": draw.number(0.35, 0.9)}


def draw_view(draw: Draw) -> dict:
    """Degrees, snapped to the bank when rendered, and what stands in the way."""
    shares = {"hair": 0.35, "glasses": 0.2, "hand": 0.12}
    kinds = [kind for kind in KINDS if draw.chance(shares[kind])]
    return {
        "yaw": float(np.clip(draw.normal(0, 28), -72, 72)),
        "pitch": float(np.clip(draw.normal(0, 11), -30, 30)),
        "occluders": [draw_occluder(kind, draw.random) for kind in kinds],
    }
