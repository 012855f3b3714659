"""A case to a folder of its own.

head.obj, portrait.jpg, truth.jpg, case.json, camera.json (which made the portrait), and as masks of the truth:
valid.png (what counts), seen.png (what the portrait shows), skin.png (bare skin of the face, whose tone is measured);
parts.png has the number of each texel's part, of guard_heads.PARTS from 1 on.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from ...head.mesh import vertex_normals
from ...imaging.files import write_bytes
from ...imaging.sample import to_linear, to_srgb
from .guard_cases import GuardCase
from .guard_heads import GuardHead, load_head, write_head
from .guard_occlude import behind, cover, occlude
from .guard_paint import load_skin, true_texture
from .truth import TruthCase, TruthPortrait, render_truth, seen_texels

#: Pixels of a portrait. Ambient and key light of what truth.LIGHTS does not name.
PIXELS, SIDE = 640, (0.35, 0.9)
#: Quality of a good JPEG and of a bad one, which was enlarged to twice its size; deviation of noise.
GOOD, BAD, NOISE = 94, 32, 0.035
#: 4:4:4, so that the truth keeps its colours.
FULL = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]


@lru_cache(8)
def cached_head(path: Path, kit: str) -> GuardHead:
    return load_head(path, kit)


def make_case(data: Path, case: GuardCase, folder: Path) -> None:
    """Write the files of a case; one that is there is not made again.

    Raises:
        AvatarTexError: no face is found on the head, or the files cannot be read or written.
    """
    done = folder / "case.json"  # written last
    if done.is_file() and json.loads(done.read_text(encoding="utf-8")) == json.loads(json.dumps(case.as_json())):
        return
    folder.mkdir(parents=True, exist_ok=True)
    kit = data / case.kit
    head = cached_head(next(kit.glob(f"heads/{case.head}.*")), case.kit)
    texture = true_texture(head, load_skin(next(kit.glob(f"skins/{case.skin}.*")), head.texels), case)
    write_case(head.stretched(case.stretch), texture, case, folder)


def write_case(head: GuardHead, texture: np.ndarray, case: GuardCase, folder: Path, pixels: int = PIXELS) -> None:
    """Args: texture: (T,T,3) float32 sRGB, the truth."""
    portrait = photograph(head, texture, case, pixels)
    write_head(head.mesh, folder / "head.obj")
    quality = BAD if case.camera == "jpeg" else GOOD
    write_bytes(folder / "portrait.jpg", encoded(".jpg", portrait.color, [cv2.IMWRITE_JPEG_QUALITY, quality]))
    write_bytes(folder / "truth.jpg", encoded(".jpg", texture, [cv2.IMWRITE_JPEG_QUALITY, 96, *FULL]))
    write_bytes(folder / "valid.png", encoded(".png", head.valid))
    write_bytes(folder / "seen.png", encoded(".png", seen(head, portrait, case)))
    write_bytes(folder / "skin.png", encoded(".png", head.valid & head.bare))
    write_bytes(folder / "parts.png", encoded(".png", head.parts))
    camera = {"rotation": portrait.rotation.tolist(), "translation": portrait.translation.tolist()}
    camera |= {"focal": portrait.focal, "size": portrait.size}
    write_bytes(folder / "camera.json", json.dumps(camera).encode())
    write_bytes(folder / "case.json", json.dumps(case.as_json()).encode())


def photograph(head: GuardHead, texture: np.ndarray, case: GuardCase, pixels: int) -> TruthPortrait:
    """The portrait, (pixels,pixels), with what its camera did to it, and its true camera."""
    shot = TruthCase(
        case.name,
        case.kit,
        "",
        "",
        case.yaw,
        case.pitch,
        case.light,
        (case.light_from[0], case.light_from[1], case.light_from[2]),
        (case.backdrop[0], case.backdrop[1], case.backdrop[2]),
        SIDE if case.light == "side" else None,
    )
    portrait = render_truth(head.mesh, head.landmarks, texture, shot, pixels)
    if case.occluder:
        taken = cover(head, portrait, case.occluder, case.seed)
        portrait = occlude(portrait, taken, case)
    colour = to_srgb(to_linear(portrait.color) * np.float32(case.cast))
    random = np.random.default_rng([case.seed, 2])
    if case.camera == "noisy":
        colour = colour + NOISE * random.standard_normal(colour.shape, np.float32)
    elif case.camera == "jpeg":
        small = cv2.resize(colour, (pixels // 2, pixels // 2), interpolation=cv2.INTER_AREA)
        colour = cv2.resize(small, (pixels, pixels), interpolation=cv2.INTER_CUBIC)
    colour = np.clip(colour, 0, 1).astype(np.float32)
    return TruthPortrait(colour, texture, portrait.rotation, portrait.translation, portrait.focal, portrait.size)


def seen(head: GuardHead, portrait: TruthPortrait, case: GuardCase) -> np.ndarray:
    """(T,T) bool: texels that a case's portrait shows."""
    mesh, found = head.mesh, np.zeros((head.texels, head.texels), bool)
    covered = head.fragments.covered
    points = head.fragments.interpolate(mesh.corners(mesh.vertices))[covered]
    normals = head.fragments.interpolate(mesh.corners(vertex_normals(mesh)))[covered]
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    found[covered] = seen_texels(mesh, portrait, points, normals, head.landmarks.height)
    if case.occluder:
        found[covered] &= ~behind(portrait, cover(head, portrait, case.occluder, case.seed), points)
    return found


def encoded(extension: str, picture: np.ndarray, options: list[int] | None = None) -> bytes:
    """(H,W,3) float32 sRGB, (H,W) bool as black and white, or (H,W) uint8 as it is."""
    pixels = picture if picture.dtype == np.uint8 else np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    ok, data = cv2.imencode(
        extension, np.ascontiguousarray(pixels[..., ::-1] if pixels.ndim == 3 else pixels), options or []
    )
    if not ok:
        raise ValueError(f"OpenCV could not encode a picture as {extension}.")
    return data.tobytes()
