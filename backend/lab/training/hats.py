"""Hats, caps, berets and scarves drawn onto heads, of real cloth or drawn cloth, in the colours of hair, too."""

from __future__ import annotations

import cv2
import numpy as np

from .known_hair import CHIN, Head
from .spectacles import noise
from .wigs import Scene, coloured, tone

#: How often each is drawn.
#: A skullcap in hair's colour looks like hair, and hair is far more common.
KINDS = {"cap": 0.3, "skullcap": 0.04, "beret": 0.2, "brimmed": 0.16, "visor": 0.12, "scarf": 0.18}
#: Share of hats that are made of what a person wears below the chin; of plain tones that hair may have.
WORN, HAIRLIKE = 0.5, 0.6
#: Least and most pixels of a patch of somebody's clothes.
PATCH = (24, 72)
#: Of the face's size below the chin: there clothes begin.
CLOTHES = 0.12

#: A hat's shape: (S,S) bool where it sits; bool parts of it that may be of other cloth; the height of its middle.
Shape = tuple[np.ndarray, list[np.ndarray], float]


def put_on(scene: Scene, wearer: Head, random: np.random.Generator) -> np.ndarray:
    """A hat, scarf or cap on the scene; (S,S) 0..1, where it lies. wearer: whose clothes lend their cloth."""
    kind = str(random.choice(list(KINDS), p=list(KINDS.values())))
    x, y = scene.places()
    x, y = (part + random.uniform(0, 0.02) * noise(random, int(random.integers(3, 9)), x.shape) for part in (x, y))
    turn = random.normal(0, 0.12)
    x, y = x + turn * y, y - turn * x
    body, parts, middle = SHAPES[kind](scene, x, y, random)
    light = domed(x, y, middle, random)
    color, cover = scene.color.copy(), np.zeros(x.shape, np.float32)
    main = tone_of_cloth(scene, random)
    fine = cloth(x.shape, wearer, random)
    layers = [(body, coloured(main, *fine, random) * light[..., None])]
    for part in parts:  # a brim, a band, a badge: of the same cloth or another
        colour = main * random.uniform(0.6, 1.1) if random.random() < 0.5 else tone_of_cloth(scene, random)
        layers.append((part, coloured(colour, *fine, random) * (0.5 + 0.5 * light[..., None])))
    layer = color
    for part, made in layers:
        soft = cv2.GaussianBlur(part.astype(np.float32), (0, 0), random.uniform(0.5, 1.2))
        layer = layer + soft[..., None] * (np.clip(made, 0, 1) - layer)
        cover = np.maximum(cover, soft)
    scene.lay(cover, layer.astype(np.float32), random)
    return cover


def dome(
    scene: Scene, x: np.ndarray, y: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """(S,S) bool of what sits on the head; (S,S) how far above its edge; its half width; its top."""
    level = random.uniform(-0.38, -0.06)
    edge = level + random.normal(0, 0.12) * x + random.uniform(-0.3, 0.7) * x**2
    near = (np.abs(y - level + 0.1) < 0.08) & (scene.person > 0.5)
    wide = np.abs(x[near]).max() if near.any() else 0.45
    wide = max(random.uniform(0.4, 0.5), min(float(wide), 0.75) * random.uniform(0.9, 1.1))
    top = random.uniform(-0.95, -0.6)
    power = random.uniform(1.7, 3.5)
    higher = np.clip((edge - y) / max(level - top, 0.1), 0, None)
    body = (edge > y) & (np.abs(x / wide) ** power + higher**power < 1)
    return body, edge - y, wide, top


def cap(scene: Scene, x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> Shape:
    body, above, wide, top = dome(scene, x, y, random)
    parts = []
    if random.random() < 0.5:  # a band or a turned up edge
        parts.append((above > 0) & (above < random.uniform(0.04, 0.2)) & (np.abs(x) < 1.04 * wide))
    if random.random() < 0.15:
        at, far = random.normal(0, 0.08), random.uniform(0.04, 0.12)
        parts.append(body & (((x - at) / far) ** 2 + ((above - 0.16) / (0.8 * far)) ** 2 < 1))
    return body, parts, (top + float(y[body].max() if body.any() else 0)) / 2


def skullcap(scene: Scene, x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> Shape:
    """As close to the head as its hair."""
    level = random.uniform(-0.42, -0.12)
    edge = level + random.normal(0, 0.15) * x + random.uniform(-0.3, 1) * x**2
    body = (y < edge) & (scene.person > 0.5)
    top = float(y[body].min()) if body.any() else -0.6
    return body, [], (top + level) / 2


def beret(scene: Scene, x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> Shape:
    body, above, wide, _ = dome(scene, x, y, random)
    at = random.normal(0, 0.15), random.uniform(-0.62, -0.42)
    puffed = ((x - at[0]) / (wide * random.uniform(1.05, 1.45))) ** 2 + ((y - at[1]) / random.uniform(0.16, 0.34)) ** 2
    band = (above > 0) & (above < random.uniform(0.03, 0.12)) & (np.abs(x) < wide)
    return (body | (puffed < 1)) & (above > 0), [band] if random.random() < 0.6 else [], at[1]


def brimmed(scene: Scene, x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> Shape:
    body, above, wide, top = dome(scene, x, y, random)
    bent = above + random.normal(0, 0.3) * x**2
    brim = (x / (wide * random.uniform(1.25, 1.9))) ** 2 + (bent / random.uniform(0.05, 0.16)) ** 2 < 1
    band = (above > 0) & (above < random.uniform(0.05, 0.16)) & body
    return body, [*([band] if random.random() < 0.6 else []), brim], (top - 0.1) / 2


def visor(scene: Scene, x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> Shape:
    body, above, wide, top = dome(scene, x, y, random)
    far = random.uniform(0.05, 0.16)
    peak = ((x - random.normal(0, 0.05)) / (wide * random.uniform(0.6, 0.95))) ** 2 + ((above + 0.02) / far) ** 2 < 1
    return body, [peak], (top - 0.1) / 2


def scarf(scene: Scene, x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> Shape:
    """All around the face, or tied behind the neck."""
    share = random.uniform(0.85, 1.12)
    ring = np.float32(scene.middle + share * scene.reach)
    face = cv2.fillPoly(np.zeros(x.shape, np.uint8), [np.rint(ring).astype(np.int32)], 1) > 0
    chin = (scene.head.points[CHIN, 1] - scene.middle[1]) / scene.size
    low = chin + random.uniform(-0.7, 0.3)
    wide, high = random.uniform(0.48, 0.65), random.uniform(0.75, 0.95)
    around = (np.abs(x / (wide + 0.25 * np.clip(y, 0, 1))) ** 2.3 + (np.clip(-y, 0, None) / high) ** 2.3 < 1) & (
        y < low
    )
    level = random.uniform(-0.36, -0.1) + random.uniform(0, 1) * x**2
    return around & ((y < level) | ~face), [], -0.1


SHAPES = {"cap": cap, "skullcap": skullcap, "beret": beret, "brimmed": brimmed, "visor": visor, "scarf": scarf}


def domed(x: np.ndarray, y: np.ndarray, middle: float, random: np.random.Generator) -> np.ndarray:
    """(S,S) the light on something round."""
    normal = np.stack([x / 0.7, (y - middle) / 0.7])
    normal = np.concatenate([normal, np.sqrt(np.clip(1 - (normal**2).sum(0), 0.05, 1))[None]])
    way = np.array([random.normal(0, 0.5), random.normal(-0.6, 0.4), 1.0])
    lit = np.clip(np.tensordot(way / np.linalg.norm(way), normal, 1), 0, 1)
    share = random.uniform(0.2, 0.8)
    return (1 - share + share * 1.3 * lit).astype(np.float32)


def tone_of_cloth(scene: Scene, random: np.random.Generator) -> np.ndarray:
    """(3,) sRGB: what hair may have, white, black, or any."""
    pick = random.random()
    if pick < HAIRLIKE:
        return tone(scene, random)
    if pick < HAIRLIKE + 0.15:
        return np.float32(random.choice([random.uniform(0.75, 0.97), random.uniform(0.03, 0.12)]) + np.zeros(3))
    return random.uniform(0.03, 0.97, 3).astype(np.float32)


def cloth(shape: tuple[int, int], wearer: Head, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(S,S) twice, logarithms of light: fine, and folds."""
    folds = np.zeros(shape, np.float32)
    for cells in random.integers(3, 14, 2):
        wave = noise(random, int(cells), shape)
        folds += random.uniform(0, 0.5) * (np.exp(-3 * np.abs(wave)) - 0.4) * random.choice([-1, 1])
    folds += random.uniform(0, 0.35) * noise(random, int(random.integers(2, 8)), shape)
    worn = lent(shape, wearer, random) if random.random() < WORN else None
    if worn is not None:
        return worn[0], worn[1] + random.uniform(0, 0.7) * folds
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    turn, fine = random.uniform(0, np.pi), np.zeros(shape, np.float32)
    along = x * np.cos(turn) + y * np.sin(turn) + random.uniform(0, 6) * noise(random, 5, shape)
    pick = random.random()
    if pick < 0.25:  # ribs, stripes
        fine = random.uniform(0.05, 0.5) * np.sin(2 * np.pi * along / random.uniform(3, 30))
    elif pick < 0.5:  # weave
        fine = random.uniform(0.02, 0.2) * random.normal(0, 1, shape).astype(np.float32)
        fine = cv2.GaussianBlur(fine, (0, 0), random.uniform(0.4, 1.2)) * 2
    return fine.astype(np.float32), folds


def lent(shape: tuple[int, int], wearer: Head, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray] | None:
    """As cloth(), of a patch of the wearer's clothes, laid out in mirror images; None where none are seen."""
    rows = np.arange(wearer.color.shape[0])[:, None]
    below = (wearer.person > 0.9) & (rows > wearer.points[CHIN, 1] + CLOTHES * wearer.size)
    ys, xs = np.nonzero(below)
    if len(ys) < 200:
        return None
    pick = random.integers(len(ys))
    side = int(random.integers(*PATCH))
    y0, x0 = max(0, min(ys[pick], shape[0] - side)), max(0, min(xs[pick], shape[1] - side))
    light = np.log(wearer.color[y0 : y0 + side, x0 : x0 + side].mean(-1) + 0.03)
    light = np.clip(light - np.median(light), -1.2, 1.2)
    grow = random.uniform(0.8, 3)
    light = cv2.resize(light, None, fx=grow, fy=grow, interpolation=cv2.INTER_CUBIC)
    light = np.rot90(light, random.integers(4))
    light = np.concatenate([light, light[::-1]])
    light = np.concatenate([light, light[:, ::-1]], axis=1)
    times = [-(-side_ // part) for side_, part in zip(shape, light.shape, strict=True)]
    light = np.tile(light, times)[: shape[0], : shape[1]].astype(np.float32)
    smooth = cv2.GaussianBlur(light, (0, 0), 6)
    return light - smooth, smooth
