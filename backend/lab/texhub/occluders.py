"""What hides skin from a camera: hair over the face, glasses, a hand; cast along the rays of the view."""

from __future__ import annotations

import numpy as np

from ...head.atlas import canonical_head
from ...imaging.noise import field, soft_step, strands
from ...portrait.landmark_groups import LEFT_EYE, RIGHT_EYE
from .views import Eye

#: Glasses stand in this plane before the eyes (canonical z); their temples lie against the head above the ears.
GLASSES = 0.66
KINDS = ("hair", "glasses", "hand")


def draw_occluder(kind: str, random: np.random.Generator) -> dict:
    """A recipe of one occluder."""

    def number(low: float, high: float) -> float:
        return round(float(random.uniform(low, high)), 4)

    seed = int(random.integers(2**31))
    if kind == "hair":
        shape = str(random.choice(["fringe", "sides", "parted", "hat"]))
        return {
            "kind": kind,
            "shape": shape,
            "seed": seed,
            "level": number(0.22, 0.46),
            "side": number(0.26, 0.44),
            "ragged": number(0.01, 0.05),
            "wave": number(0.0, 0.05),
            "slope": number(-0.4, 0.4),
        }
    if kind == "glasses":
        return {
            "kind": kind,
            "width": number(0.105, 0.15),
            "height": number(0.07, 0.125),
            "square": number(2, 5),
            "rim": number(0.008, 0.028),
            "lens": float(random.choice([0.75, 0.6, 0.0], p=[0.6, 0.25, 0.15])),
        }
    return {
        "kind": kind,
        "x": number(-0.45, 0.45),
        "y": number(-0.75, 0.05),
        "turn": number(-70, 70),
        "size": number(0.75, 1.05),
        "spread": number(0.03, 0.22),
        "left": bool(random.random() < 0.5),
    }


def shown(recipe: dict, positions: np.ndarray, eye: Eye) -> np.ndarray:
    """(S,S) float32 0..1: what the occluder leaves of each texel."""
    return {"hair": hair, "glasses": glasses, "hand": hand}[recipe["kind"]](recipe, positions, eye)


def hair(recipe: dict, positions: np.ndarray, eye: Eye) -> np.ndarray:
    """Hair that hangs over forehead or cheeks, or the straight brim of a hat."""
    x, y, z = np.moveaxis(positions.astype(np.float32), -1, 0)
    size = len(positions)
    rough = recipe["ragged"] * strands(recipe["seed"], size, 0.8 * size / 256, 9 * size / 256)
    wave = recipe["wave"] * field(recipe["seed"] + 1, size, 6)
    level, side = recipe["level"], recipe["side"]
    if recipe["shape"] == "hat":
        return soft_step(level + 0.06 + recipe["slope"] * 0.15 * x - y - 0.1 * (0.4 - z), -0.01, 0.01)
    below = soft_step(level + recipe["slope"] * x + rough + wave - y, -0.02, 0.02)
    inside = soft_step(side + rough * 0.6 + wave - np.abs(x), -0.02, 0.02) * (z > 0)
    if recipe["shape"] == "fringe":
        return below
    if recipe["shape"] == "sides":
        return inside * soft_step(0.62 + rough - y, -0.02, 0.02)
    arch = 0.62 - np.abs(x - 0.3 * recipe["slope"]) * (0.62 - level) / max(side, 0.1)
    return np.minimum(inside, soft_step(arch + rough + wave - y, -0.02, 0.02))


def on_plane(positions: np.ndarray, eye: Eye, origin: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """(S,S,3) where the ray from the eye to each texel meets a plane, and NaN where the texel lies before it."""
    rays = positions.astype(np.float32) - eye.position.astype(np.float32)
    share = np.float32((origin - eye.position) @ normal) / (rays @ normal.astype(np.float32))
    met = eye.position.astype(np.float32) + share[..., None] * rays
    return np.where(((share > 0) & (share < 1))[..., None], met, np.nan)


def glasses(recipe: dict, positions: np.ndarray, eye: Eye) -> np.ndarray:
    """Two rims, a bridge and temples; lenses leave a share of the confidence (dark ones nothing)."""
    head = canonical_head().points
    met = on_plane(positions, eye, np.array([0, 0, GLASSES]), np.array([0.0, 0.0, 1.0]))
    rim, left = recipe["rim"], np.ones(positions.shape[:2], np.float32)
    centres = [head[list(loop), :2].mean(0) for loop in (RIGHT_EYE, LEFT_EYE)]
    level = float(np.mean([c[1] for c in centres]))
    with np.errstate(invalid="ignore"):
        for centre in centres:
            u, v = (met[..., 0] - centre[0]) / recipe["width"], (met[..., 1] - centre[1]) / recipe["height"]
            radius = (np.abs(u) ** recipe["square"] + np.abs(v) ** recipe["square"]) ** (1 / recipe["square"])
            edge = np.abs(radius - 1) * min(recipe["width"], recipe["height"])
            left = np.minimum(left, np.where(radius < 1, np.float32(recipe["lens"]), 1))
            left = left * np.nan_to_num(soft_step(edge, 0.6 * rim, 1.1 * rim), nan=1)
        bridge = np.abs(met[..., 0]) < max(abs(centres[0][0]) - recipe["width"], 0.02)
        left = left * ~(bridge & (np.abs(met[..., 1] - level - 0.02) < rim))
    x, y, z = np.moveaxis(positions, -1, 0)
    temples = (np.abs(x) > 0.34) & (np.abs(y - level - 0.01) < 0.8 * rim) & (z > -0.05)
    return (left * ~temples).astype(np.float32)


def hand(recipe: dict, positions: np.ndarray, eye: Eye) -> np.ndarray:
    """A palm with four fingers and a thumb before the face, facing the camera."""
    towards = eye.axes[2]
    met = on_plane(positions, eye, 0.72 * towards, towards)
    u, v = met @ eye.axes[0].astype(np.float32) - recipe["x"], met @ eye.axes[1].astype(np.float32) - recipe["y"]
    turn = np.radians(recipe["turn"])
    u, v = u * np.cos(turn) + v * np.sin(turn), v * np.cos(turn) - u * np.sin(turn)
    u, v = (-u if recipe["left"] else u) / recipe["size"], v / recipe["size"]
    spread = recipe["spread"]
    bones = [
        ((-0.05, -0.03), (0.05, -0.03), 0.15),
        ((-0.05, 0.06), (0.05, 0.06), 0.1),
        ((-0.10, 0.02), (-0.26, 0.20), 0.05),
    ]
    for k, length in enumerate((0.32, 0.37, 0.35, 0.27)):
        root = (-0.12 + 0.08 * k, 0.10)
        lean = spread * (k - 1.5)
        bones.append((root, (root[0] + length * np.sin(lean), root[1] + length * np.cos(lean)), 0.042))
    away = np.full(u.shape, np.inf, np.float32)
    with np.errstate(invalid="ignore"):
        for start, end, radius in bones:
            bone = np.subtract(end, start)
            along = np.clip(((u - start[0]) * bone[0] + (v - start[1]) * bone[1]) / (bone @ bone), 0, 1)
            away = np.fmin(away, np.hypot(u - start[0] - along * bone[0], v - start[1] - along * bone[1]) - radius)
    return soft_step(np.where(np.isfinite(away), away, 1.0), -0.01, 0.02).astype(np.float32)
