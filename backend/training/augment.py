"""From 62 skins to endless textures, and from a texture to what a portrait would show of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..texture.hair import hair_evidence, hair_tone
from ..texture.light import harmonics
from ..texture.observe import scalp_share
from ..texture.sample import spread, to_linear, to_srgb

SIZE = 128
#: Shares of the drawn styles.
STYLE_SHARE = {"photo": 0.7, "cartoon": 0.12, "anime": 0.1, "painting": 0.08}
MASKS = 600
#: Texels by which features of new identities move, and by which registration is off (standard deviations).
SHAPE, MISREGISTERED = 1.5, 0.5


@dataclass(frozen=True)
class Skins:
    """textures (N,S,S,3) float32 sRGB, valid (N,S,S), shared geometry (S,S,3) and covered (S,S)."""

    textures: np.ndarray
    valid: np.ndarray
    positions: np.ndarray
    normals: np.ndarray
    covered: np.ndarray
    names: list[str]
    faces: np.ndarray

    def pick(self, names: set[str], inside: bool) -> Skins:
        return self.where(np.array([(name in names) == inside for name in self.names]))

    def where(self, kept: np.ndarray) -> Skins:
        """The skins of a (N,) bool mask."""
        names = [name for name, keep in zip(self.names, kept, strict=True) if keep]
        return replace(
            self, textures=self.textures[kept], valid=self.valid[kept], names=names, faces=self.faces[kept]
        )


def load_skins(path: str, size: int = SIZE) -> Skins:
    """atlas.npz (backend.texhub.skins) at the networks' size; texels without data take their nearest ones."""
    with np.load(path, allow_pickle=False) as data:
        valid = np.array([shrink(v.astype(np.float32), size) for v in data["valid"]]) > 0.5
        textures = np.array([shrink(t.astype(np.float32) / 255, size) for t in data["textures"]])
        for texture, known in zip(textures, valid, strict=True):
            texture[:] = spread(texture, known)
        step = data["positions"].shape[0] // size
        positions, normals, covered = (
            data[key][step // 2 :: step, step // 2 :: step] for key in ("positions", "normals", "covered")
        )
        names = [str(name) for name in data["names"]]
        everyone = Skins(textures, valid.astype(np.float32), positions, normals, covered, names, data["face"])
        return everyone.where(data["style"] != "creature")


def shrink(picture: np.ndarray, size: int) -> np.ndarray:
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)


def visibility_masks(skins: Skins, random: np.random.Generator, count: int = MASKS) -> np.ndarray:
    """(count,S,S) float32 confidences as portraits give them: yaw, pitch, self-occlusion, hair line, occluders."""
    masks = []
    points = np.where(skins.covered[..., None], skins.positions, np.nan)
    for _ in range(count):
        yaw, pitch = np.radians(random.normal(0, 20)), np.radians(random.normal(0, 8))
        eye = 6 * np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
        towards = eye - points
        towards /= np.linalg.norm(towards, axis=2, keepdims=True)
        cosine = np.nan_to_num((towards * skins.normals).sum(2), nan=-1)
        ramp = np.clip((cosine - 0.22) / 0.4, 0, 1)
        confidence = ramp * ramp * (3 - 2 * ramp) * unoccluded(points, eye)
        confidence *= hair_line(skins.positions, random)
        for _ in range(random.poisson(0.5)):
            mask = np.ones((SIZE, SIZE), np.float32)
            centre = tuple(int(v) for v in random.integers(20, 108, 2))
            axes = tuple(int(v) for v in random.integers(3, 16, 2))
            cv2.ellipse(mask, centre, axes, float(random.uniform(0, 180)), 0, 360, 0.0, -1)
            confidence *= cv2.GaussianBlur(mask, (0, 0), 1.2)
        masks.append(cv2.GaussianBlur(confidence.astype(np.float32), (0, 0), 0.6))
    return np.array(masks)


def unoccluded(points: np.ndarray, eye: np.ndarray) -> np.ndarray:
    """(S,S) 0 or 1: no other texel lies clearly in front along the view (splats on a 72 grid)."""
    front = eye / np.linalg.norm(eye)
    right = np.cross((0, 1, 0), front)
    right /= np.linalg.norm(right)
    up = np.cross(front, right)
    flat = points.reshape(-1, 3)
    known = np.isfinite(flat).all(1)
    cell = np.clip(np.nan_to_num(np.stack([flat @ right, flat @ up], 1)) * 32 + 36, 0, 71).astype(int)
    depth = np.where(known, np.nan_to_num(flat @ front), -9)
    nearest = np.full((72, 72), -9.0)
    np.maximum.at(nearest, (cell[:, 1], cell[:, 0]), depth)
    nearest = cv2.erode(nearest, np.ones((2, 2)))
    return (known & (depth > nearest[cell[:, 1], cell[:, 0]] - 0.14)).reshape(points.shape[:2]).astype(np.float32)


def hair_line(positions: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(S,S) 0..1: hair outside the scalp, hats and tight crops take the top and the sides away, often."""
    mask = np.ones(positions.shape[:2], np.float32)
    if random.random() < 0.5:
        level = random.uniform(0.3, 0.9)
        mask *= np.clip(
            (level - positions[..., 1] - 0.15 * np.cos(3 * positions[..., 0] + random.uniform(0, 6))) * 12, 0, 1
        )
    if random.random() < 0.4:
        side = random.uniform(0.28, 0.5)
        mask *= np.clip((side - np.abs(positions[..., 0])) * 15, 0, 1)
    if random.random() < 0.3:
        mask *= np.clip((positions[..., 1] + random.uniform(0.3, 0.6)) * 12, 0, 1)
    return mask


def new_identity(skins: Skins, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A texture (S,S,3) and its valid mask (S,S): features of two, seldom another's hair, another tone and shape.

    Without new shapes a network learns the few faces by heart, and what it learns is of no use to strangers.
    """
    i, j, k = random.integers(0, len(skins.textures), 3)
    texture, valid = skins.textures[i], skins.valid[i]
    if random.random() < 0.6:
        share = random.uniform(0.2, 0.8) if random.random() < 0.5 else smooth_noise(random, 6) > 0
        share = cv2.GaussianBlur(np.broadcast_to(share, valid.shape).astype(np.float32), (0, 0), 2.5)[..., None]
        other = skins.textures[j] + random.uniform(0, 1) * (skin_colour(texture) - skin_colour(skins.textures[j]))
        texture = texture * share + other * (1 - share)
        valid = valid * skins.valid[j]
    if random.random() < 0.12:
        wave = 0.06 * np.sin(skins.positions[..., 0] * random.uniform(4, 14) + random.uniform(0, 6))
        area = np.clip(scalp_share(skins.positions + np.stack([wave * 0, wave, wave * 0], -1)), 0, 1)[..., None]
        hair = skins.textures[k]
        if random.random() < 0.6:  # another colour for the same strands
            grey = hair.mean(2, keepdims=True)
            tint = random.uniform(0.05, 0.8) * np.array([1, random.uniform(0.7, 0.95), random.uniform(0.4, 0.9)])
            hair = np.clip(grey / max(grey[area > 0.5].mean(), 0.03) * tint, 0, 1)
        texture, valid = (
            texture * (1 - area) + hair * area,
            np.minimum(valid, np.where(area[..., 0] > 0, skins.valid[k], 1)),
        )
    texture = new_tone(texture, random)
    texture, valid = shifted((np.clip(texture, 0, 1), valid), random, SHAPE)
    valid = (valid > 0.99).astype(np.float32)
    if random.random() < 0.5:
        texture, valid = texture[:, ::-1], valid[:, ::-1]
    return np.ascontiguousarray(texture, np.float32), np.ascontiguousarray(valid, np.float32)


def smooth_noise(random: np.random.Generator, cells: int) -> np.ndarray:
    """(S,S) float32 of standard deviation about 1, with so many cells per side."""
    coarse = random.normal(0, 1, (cells, cells)).astype(np.float32)
    return cv2.resize(coarse, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)


def skin_colour(texture: np.ndarray) -> np.ndarray:
    """(3,) mean of forehead, cheeks and chin."""
    return texture[38:104, 40:88].mean((0, 1))


def shifted(pictures: tuple[np.ndarray, ...], random: np.random.Generator, texels: float) -> list[np.ndarray]:
    """The pictures (S,S,…), all bent by the same smooth field of so many texels standard deviation."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    x, y = x + texels * smooth_noise(random, 6), y + texels * smooth_noise(random, 6)
    return [
        cv2.remap(np.ascontiguousarray(p, np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for p in pictures
    ]


def new_tone(texture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return tone_of(random)(texture)


def tone_of(random: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """Melanin, blood and camera, coarsely: gamma for density, a gain per channel; one draw for several pictures."""
    if random.random() < 0.25:
        return lambda texture: texture
    gamma = np.exp(random.normal(0, 0.22)) * np.exp(random.normal(0, 0.05, 3))
    gain = np.exp(random.normal(0, 0.06)) * np.exp(random.normal(0, 0.03, 3))
    return lambda texture: np.clip(np.clip(texture, 1e-3, 1) ** gamma * gain, 0, 1).astype(np.float32)


def stylise(texture: np.ndarray, style: str, random: np.random.Generator) -> np.ndarray:
    """Small operators on sRGB: flat tones (cartoon), pale and flat (anime), strokes (painting)."""
    if style == "photo":
        return texture
    picture = np.ascontiguousarray(texture, np.float32)
    for _ in range(3):
        picture = cv2.bilateralFilter(picture, 7, 0.12, 5)
    if style == "painting":
        rough = cv2.GaussianBlur(random.normal(0, 1, picture.shape[:2]).astype(np.float32), (0, 0), 1.1)[..., None]
        return np.clip(np.round((picture + 0.03 * rough) * 14) / 14 * 0.7 + picture * 0.3, 0, 1)
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    levels = 12 if style == "cartoon" else 7
    hsv[..., 1] *= random.uniform(1.1, 1.5) if style == "cartoon" else random.uniform(0.6, 1.0)
    hsv[..., 2] = np.round(hsv[..., 2] * levels) / levels * 0.8 + hsv[..., 2] * 0.2
    if style == "anime":
        hsv[..., 2] = 1 - (1 - hsv[..., 2]) * 0.6
    return np.clip(cv2.cvtColor(np.clip(hsv, 0, (360, 1, 1)).astype(np.float32), cv2.COLOR_HSV2RGB), 0, 1)


def seen_texture(
    texture: np.ndarray, confidence: np.ndarray, skins: Skins, random: np.random.Generator,
    light: np.ndarray | None = None,
):
    """(S,S,3) colour and (S,S) confidence as the pipeline would hand them over: leftover light, misregistration, noise,
    hair continued over the scalp.

    Args:
        light: (S,S,3) what is left of a real portrait's light, linear; without it one is drawn.
    """
    colour = texture
    if light is None:
        drawn = np.eye(9)[0] + random.normal(0, 1, 9) * [0.06, 0.06, 0.04, 0.04, 0.03, 0.02, 0.03, 0.02, 0.01]
        light = np.clip(harmonics(skins.normals) @ drawn, 0.5, 1.5).astype(np.float32)[..., None]
    colour = to_srgb(to_linear(colour) * light)
    if random.random() < 0.7:
        (colour,) = shifted((colour,), random, MISREGISTERED)
    colour = colour + random.normal(0, 0.008, colour.shape)
    scalp = scalp_share(skins.positions) * skins.covered
    face = cv2.mean(texture[50:100, 40:88])[:3]
    hair = (np.abs(texture - face).mean(2) > 0.1).astype(np.float32)
    colour = np.clip(colour, 0, 1).astype(np.float32)
    return hair_evidence(colour, confidence, hair_tone(colour, confidence, hair, scalp))
