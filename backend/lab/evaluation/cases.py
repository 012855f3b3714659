"""The benchmark's cases: heads, held-out skins, cameras, lights, cartoon shading."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from .truth import TruthCase

SPLIT = Path(__file__).parents[1] / "training" / "split.json"
HEADS = {
    "makehuman": ("caucasian_male_young", "asian_female_old", "african_male_old", "neutral", "caucasian_female_child"),
    "valid": ("white_f_1",),
}
#: yaw, pitch, light, where the light comes from (right, up, front).
SHOTS = (
    (0, 0, "soft", (0.3, 0.6, 0.8)),
    (12, 4, "hard", (0.8, 0.5, 0.6)),
    (-20, 0, "soft", (-0.3, 0.6, 0.8)),
    (25, -6, "cel", (0.6, 0.5, 0.7)),
    (-30, 5, "hard", (-0.7, 0.4, 0.8)),
    (35, 0, "soft", (0.4, 0.5, 0.8)),
    (-8, 8, "cel", (-0.6, 0.6, 0.7)),
    (18, -8, "hard", (-0.8, 0.5, 0.5)),
    (-15, 0, "cel", (0.5, 0.7, 0.6)),
    (5, -4, "soft", (0.2, 0.8, 0.6)),
)
#: Further portraits: name, yaw, pitch, where the light comes from, gains of linear light.
SIDES = (("left", -48, 2, (-0.4, 0.6, 0.7), (0.85, 0.80, 0.68)), ("right", 45, -3, (0.7, 0.5, 0.6), (0.95, 1.0, 1.12)))
BACKDROPS = ((0.62, 0.68, 0.75), (0.25, 0.3, 0.26), (0.85, 0.84, 0.8), (0.45, 0.25, 0.2))


def cases(data: Path) -> list[TruthCase]:
    """One case per held-out skin, heads, cameras and lights taken in turn."""
    names = json.loads(SPLIT.read_text())["held_out"]
    found = []
    for i, name in enumerate(sorted(names)):
        kind, stem = name.split("/")
        head = HEADS[kind][i % len(HEADS[kind])]
        yaw, pitch, light, source = SHOTS[i % len(SHOTS)]
        found.append(
            TruthCase(
                f"{i:02d}_{stem.split('__')[-1][:24]}_{light}_{yaw:+d}",
                kind,
                str(data / kind / "heads" / f"{head}.obj"),
                str(data / kind / "skins" / f"{stem}.jpg"),
                yaw,
                pitch,
                light,
                source,
                BACKDROPS[i % len(BACKDROPS)],
            )
        )
    return found


def further_cases(case: TruthCase) -> list[tuple[TruthCase, tuple[float, float, float]]]:
    """The same face from left and right, in other light, and each colour cast (gains of linear light)."""
    return [
        (replace(case, name=f"{case.name}_{side}", yaw=yaw, pitch=pitch, light_from=source), cast)
        for side, yaw, pitch, source, cast in SIDES
    ]


def load_truth_texture(case: TruthCase) -> np.ndarray:
    """(T,T,3) float32 sRGB; cartoon cases get a cartoon's flat tones, which are then the truth."""
    skin = cv2.imread(case.skin)
    side = max(skin.shape[:2])
    skin = cv2.resize(skin, (side, side), interpolation=cv2.INTER_AREA)
    skin = np.ascontiguousarray(skin[..., ::-1])
    return (flat_tones(skin) if case.light == "cel" else skin).astype(np.float32) / 255


def flat_tones(skin: np.ndarray) -> np.ndarray:
    """(S,S,3) uint8 sRGB in a cartoon's flat, brighter tones."""
    for _ in range(3):
        skin = cv2.bilateralFilter(skin, 9, 30, 9)
    hsv = cv2.cvtColor(skin, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 1] = np.clip(hsv[..., 1] * 1.25, 0, 255)
    hsv[..., 2] = np.round(hsv[..., 2] / 18) * 18
    return cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB)
