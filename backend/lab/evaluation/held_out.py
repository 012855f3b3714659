"""Textures of identities that training never saw, and what the pipeline would see of a portrait of each.

From a TexHub build (`python -m backend.lab texhub build --split held_out`). The observation is made as a job makes it:
one of the build's lit versions under one of its views' confidence, a little misregistered and noisy; from it the
product's own code estimates the light, divides it out, lowers the confidence of deep shadow and continues the hair
(observation/observe.py). What is left of the light, and tone mistaken for light, is therefore the product's own fault.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np

from ...head.scalp import scalp_share
from ...imaging.sample import sample, to_linear
from ...models.bundle import Networks
from ...observation.hair import hair_evidence
from ...observation.observe import NECK_FROM, NECK_TO
from ...prior.light import UPRIGHT, Light, estimate_light
from ...styles import STYLES
from ..texhub.build import SOURCES
from ..texhub.drawn_styles import NETWORK_STYLE
from ..texhub.report import decoded
from ..texhub.shards import read_shard
from ..texhub.sources import SPLIT
from ..training.seen_hair import hair_among

#: Standard deviation of misregistration, as a share of the atlas (half a texel of 128), and of noise, sRGB.
MISREGISTERED, NOISE = 0.5 / 128, 0.008
#: Confidence from which a texel counts as seen, as everywhere in the evaluation.
OBSERVED = 0.3
#: Difference from the face's mean from which a texel of the scalp is taken for hair: the matte's part in a job.
HAIR = 0.1
#: Tones by ITA in degrees: light holds TexHub's very light, light and intermediate, medium its tan and brown.
TONES = (("light", 28.0), ("medium", -30.0), ("dark", -90.0))


@dataclass(frozen=True)
class Portrayed:
    """A held-out texture, and what was seen of it, at the networks' size S.

    truth: (S,S,3) float32 sRGB. valid: (S,S) bool, texels that the truth has. seen: (S,S) bool, the view shows them.
    colour, confidence: (S,S,3) and (S,S) unlit as the pipeline hands it over, before hair is continued over the scalp.
    evidence: the same with hair, what the networks see. hair: what hair_among() found. style: the networks' name,
    painted: TexHub's. ita: degrees, of the skin before it was painted. contrast, warmth, exposure: of the light on what
    is seen, in logarithms.
    """

    key: str
    painted: str
    style: str
    ita: float
    truth: np.ndarray
    valid: np.ndarray
    seen: np.ndarray
    colour: np.ndarray
    confidence: np.ndarray
    evidence: tuple[np.ndarray, np.ndarray]
    hair: tuple[np.ndarray, np.ndarray] | None
    contrast: float
    warmth: float
    exposure: float

    @property
    def unseen(self) -> np.ndarray:
        return self.valid & ~self.seen

    @property
    def unseen_skin(self) -> np.ndarray:
        return self.unseen & self.skin

    @property
    def skin(self) -> np.ndarray:
        """(S,S) bool, without hair, brows, lips: texels of the truth about as light as its median, and of its hue."""
        lab = cv2.cvtColor(self.truth.astype(np.float32), cv2.COLOR_RGB2LAB)
        usual = np.median(lab[self.valid], axis=0)
        lightness = np.abs(np.log((lab[..., 0] + 1) / (usual[0] + 1)))
        return self.valid & (lightness < 0.3) & (np.linalg.norm(lab[..., 1:] - usual[1:], axis=2) < 15)

    @property
    def tone(self) -> str:
        return tone_group(self.ita)


def tone_group(ita: float) -> str:
    """light, medium or dark."""
    return next(name for name, limit in TONES if ita > limit or limit == -90)


def stored(folder: Path, side: str, split: Path = SPLIT) -> Iterator[tuple[str, dict, dict[str, bytes]]]:
    """Key, JSON and files of every texture of a build's side, in order.

    Raises:
        FileNotFoundError: when the folder holds no such shard.
        ValueError: where a texture is not of the side that its shard promises.
    """
    shards = sorted(Path(folder).glob(f"{side}-*.tar"))
    if not shards:
        raise FileNotFoundError(f"No {side} shards in {folder}: texhub build --split {side} makes some.")
    held_out = set(json.loads(split.read_text(encoding="utf-8"))["held_out"])
    for shard in shards:
        for key, files in read_shard(shard):
            about = json.loads(files["json"])
            recipe = about["recipe"]  # a side has whole faces: other skins of a held-out face are held out unnamed
            if recipe["side"] != side or (side == "train" and held_out & set(recipe["skins"])):
                raise ValueError(f"Texture {key} of {shard.name} was made from skins of the other side of the split.")
            yield key, about, files


def textures(folder: Path, side: str, size: int, count: int = 0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """(N,3,S,S) float32 sRGB, (N,S,S) bool valid and TexHub's style of the first count textures (0: all)."""
    pictures, valid, painted = [], [], []
    for _, about, files in stored(folder, side):
        pictures.append(picture(files["unlit.png"], size).transpose(2, 0, 1))
        valid.append(picture(files["valid.png"], size) > 0.99)
        painted.append(about["recipe"]["style"]["name"])
        if len(pictures) == count:
            break
    return np.stack(pictures), np.stack(valid), painted


def picture(data: bytes, size: int) -> np.ndarray:
    """(S,S,3) or (S,S) float32 0..1 of an encoded picture."""
    return shrunk(decoded(data).astype(np.float32) / 255, size)


def shrunk(values: np.ndarray, size: int) -> np.ndarray:
    return values if len(values) == size else cv2.resize(values, (size, size), interpolation=cv2.INTER_AREA)


def portrayed(
    folder: Path,
    networks: Networks,
    count: int,
    seed: int = 0,
    styles: tuple[str, ...] = tuple(STYLES),
    split: Path = SPLIT,
) -> Iterator[Portrayed]:
    """So many textures of each style of a held-out build, each seen from one of its views under one of its lights."""
    with np.load(Path(folder) / SOURCES, allow_pickle=False) as data:
        geometry = SimpleNamespace(**{key: data[key] for key in ("positions", "normals", "covered")})
    geometry.positions = np.where(geometry.covered[..., None], geometry.positions, 0).astype(np.float32)
    left = dict.fromkeys(styles, count)
    for key, about, files in stored(folder, "held_out", split):
        painted = about["recipe"]["style"]["name"]
        if left.get(painted, 0):
            left[painted] -= 1
            yield portray(key, about, files, geometry, networks, np.random.default_rng([seed, int(key)]))
        if not any(left.values()):
            return


def portray(key: str, about: dict, files: dict[str, bytes], geometry, networks: Networks, random) -> Portrayed:
    """One texture through what comes before stage 1, at the build's size, then shrunk as a job shrinks it."""
    unlit = decoded(files["unlit.png"]).astype(np.float32) / 255
    valid = decoded(files["valid.png"]) > 127
    lit = decoded(files[f"lit{random.integers(len(about['recipe']['lights']))}.jpg"]).astype(np.float32) / 255
    mask = decoded(files[f"mask{random.integers(len(about['recipe']['views']))}.png"]).astype(np.float32) / 255
    shading = (to_linear(lit) + 0.01) / (to_linear(unlit) + 0.01)
    lit = np.clip(bent(lit, random) + random.normal(0, NOISE, lit.shape), 0, 1).astype(np.float32)

    scalp = scalp_share(geometry.positions) * geometry.covered
    mask = mask * np.clip((geometry.positions[..., 1] - NECK_TO) / (NECK_FROM - NECK_TO), 0, 1)
    light = estimate_light(lit, geometry.normals, mask * (1 - scalp), networks.skin, UPRIGHT)
    shade = light.shade(geometry.normals)
    confidence = (mask * light.trust(shade)).astype(np.float32)
    colour = Light.remove(lit, shade)
    size = len(unlit)
    face = unlit[int(0.39 * size) : int(0.78 * size), int(0.31 * size) : int(0.69 * size)].mean((0, 1))
    tone = hair_among(colour, confidence, (np.abs(unlit - face).mean(2) > HAIR).astype(np.float32), scalp)
    evidence = hair_evidence(colour, confidence, tone)

    shown = mask > OBSERVED
    level = np.log(shading[shown]).mean(1) if shown.any() else np.zeros(1)
    tint = np.log(shading[shown].mean(0)) if shown.any() else np.zeros(3)
    small, target = by_confidence(colour, confidence, networks.size), networks.size
    valid = shrunk(valid.astype(np.float32), target) > 0.99
    painted = about["recipe"]["style"]["name"]
    return Portrayed(
        key,
        painted,
        NETWORK_STYLE[painted],
        float(about["measured"]["ita"]),
        shrunk(unlit, target),
        valid,
        (shrunk(mask, target) > OBSERVED) & valid,
        *small,
        by_confidence(*evidence, target),
        tone,
        float(level.std()),
        float(tint[0] - tint[2]),
        float(level.mean()),
    )


def by_confidence(colour: np.ndarray, confidence: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """completing.shrink: (S,S,3) colour averaged by confidence, and (S,S) confidence."""
    from ...completing import shrink

    return shrink(SimpleNamespace(evidence=(colour, confidence)), size)


def bent(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(S,S,3) moved by a smooth field, as a registration that is a little off moves it."""
    size = len(values)
    field = random.normal(0, MISREGISTERED * size, (2, 6, 6)).astype(np.float32)
    y, x = np.mgrid[:size, :size].astype(np.float32) + 0.5
    dx, dy = (cv2.resize(one, (size, size), interpolation=cv2.INTER_CUBIC) for one in field)
    return sample(values, np.stack([x + dx, y + dy], -1))
