"""Hair on heads: another colour, another's, locks that are drawn, none; each says where it covers the head."""

from __future__ import annotations

import cv2
import numpy as np

from ...portrait.landmark_groups import FACE_OVAL, LEFT_CHEEK, RIGHT_CHEEK, fill_region
from .known_hair import Head
from .spectacles import noise

#: sRGB of hair: black, brown, red, fair, grey, white.
TONES = np.float32(
    [
        [0.09, 0.08, 0.08],
        [0.22, 0.15, 0.11],
        [0.40, 0.28, 0.18],
        [0.48, 0.25, 0.13],
        [0.66, 0.52, 0.34],
        [0.82, 0.72, 0.54],
        [0.50, 0.49, 0.48],
        [0.68, 0.67, 0.66],
        [0.88, 0.87, 0.85],
    ]
)
#: Pixels over which texture is told from shading.
TEXTURE = 7.0
#: Least difference in sRGB by which a cartoon's hair is told from its skin.
TOLD = 0.12


class Scene:
    """A head that gets hair: color (S,S,3), hair, weight and person (S,S), float32, changed in place."""

    def __init__(self, head: Head) -> None:
        self.head, self.size = head, head.size
        self.color, self.hair = head.color.copy(), head.hair.copy()
        self.weight, self.person = head.weight.copy(), head.person.copy()
        oval = head.points[list(FACE_OVAL)]
        self.middle = head.points[[105, 334, 33, 263]].mean(0)
        cheeks = fill_region(head.hair.shape, head.points, RIGHT_CHEEK, LEFT_CHEEK) > 0.5
        self.skin = np.median(head.color[cheeks], axis=0) if cheeks.any() else np.full(3, 0.6)
        self.reach = oval - self.middle

    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Twice (S,S): places right and down from between the eyes and brows, in the face's size."""
        rows, columns = np.mgrid[: self.hair.shape[0], : self.hair.shape[1]].astype(np.float32)
        return (columns - self.middle[0]) / self.size, (rows - self.middle[1]) / self.size

    def lay(self, cover: np.ndarray, layer: np.ndarray, random: np.random.Generator) -> None:
        """A layer with its cover (S,S) 0..1 over the head, and its shadow below."""
        away = random.uniform(-0.03, 0.03) * self.size, random.uniform(0.005, 0.06) * self.size
        matrix = np.float32([[1, 0, away[0]], [0, 1, away[1]]])
        shadow = cv2.warpAffine(cover, matrix, cover.shape[::-1])
        shadow = cv2.GaussianBlur(shadow, (0, 0), random.uniform(0.008, 0.04) * self.size) * self.person
        self.color *= 1 - (random.uniform(0, 0.6) * shadow)[..., None] * random.uniform(0.7, 1, 3).astype(np.float32)
        self.color += cover[..., None] * (layer - self.color)
        self.hair += cover * (1 - self.hair)
        self.weight += cover * (1 - self.weight)
        self.person = np.maximum(self.person, cover)


def tone(scene: Scene, random: np.random.Generator) -> np.ndarray:
    """(3,) sRGB of some hair: of those that people have, near the skin's, or dyed."""
    pick = random.random()
    if pick < 0.5:
        one, two = TONES[random.integers(len(TONES), size=2)]
        made = one + random.random() * 0.5 * (two - one)
    elif pick < 0.9:  # the skin's hue, lighter or darker
        made = scene.skin * np.exp(random.normal(-0.1, 0.3)) * np.exp(random.normal(0, 0.08, 3))
    else:
        made = random.random(3)
    return np.clip(made * np.exp(random.normal(0, 0.12)), 0.02, 1).astype(np.float32)


def texture_of(head: Head) -> tuple[np.ndarray, np.ndarray]:
    """(S,S) logarithms of how the light on its hair strays: strands, and shading."""
    light = np.log(head.color.mean(-1) + 0.03)
    sure = (head.hair > 0.8).astype(np.float32)
    middle = float((light * sure).sum() / max(sure.sum(), 1))
    near = cv2.GaussianBlur(sure, (0, 0), TEXTURE) + 1e-3
    smooth = cv2.GaussianBlur((light - middle) * sure, (0, 0), TEXTURE) / near
    fine = (light - middle - smooth) * sure
    return np.clip(fine, -1, 1), np.clip(smooth, -1, 1)


def coloured(colour: np.ndarray, fine: np.ndarray, smooth: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(S,S,3) a layer of hair of one colour, with highlights of another."""
    strength = random.uniform(0.25, 1.1), random.uniform(0.2, 0.9)
    layer = colour * np.exp(strength[0] * fine + strength[1] * smooth)[..., None]
    streaks = random.uniform(0, 0.25) * noise(random, int(random.integers(3, 30)), fine.shape)
    layer = layer * np.exp(streaks[..., None] * random.uniform(0.5, 1, 3))
    return np.clip(layer, 0, 1).astype(np.float32)


def recolour(scene: Scene, random: np.random.Generator) -> None:
    """Its own hair in another colour; what shines through its edge stays."""
    sure = (scene.hair > 0.8).astype(np.float32)
    if sure.sum() < 100:
        return
    near = cv2.GaussianBlur(sure, (0, 0), 3) + 1e-3
    own = cv2.GaussianBlur(scene.color * sure[..., None], (0, 0), 3) / near[..., None]
    layer = coloured(tone(scene, random), *texture_of(scene.head), random)
    scene.color = np.clip(
        np.where(sure[..., None] > 0, layer, scene.color + scene.hair[..., None] * (layer - own)), 0, 1
    ).astype(np.float32)


def lend(scene: Scene, donor: Head, random: np.random.Generator) -> None:
    """Another's hair, moved so that it hangs over the face, or stands back."""
    ends = list(FACE_OVAL)
    matrix = cv2.estimateAffinePartial2D(donor.points[ends], scene.head.points[ends])[0]
    matrix = np.vstack([matrix, [0, 0, 1]])
    x, y = scene.middle
    grow, turn = np.exp(random.normal(0.02, 0.07)), np.radians(random.normal(0, 4))
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * grow
    shift = np.array([random.normal(0, 0.03), random.normal(0.05, 0.06)]) * scene.size
    about = np.vstack([np.c_[spin, (x, y) - spin @ (x, y) + shift], [0, 0, 1]])
    inverse = np.linalg.inv(about @ matrix)
    shape = scene.hair.shape
    columns, rows = np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))
    at_x, at_y = (inverse[k, 0] * columns + inverse[k, 1] * rows + inverse[k, 2] for k in (0, 1))
    bend = random.uniform(0, 0.03) * scene.size
    at_x, at_y = (np.float32(a + bend * noise(random, int(random.integers(3, 7)), shape)) for a in (at_x, at_y))
    cover = np.where(donor.weight > 0.05, donor.hair, 0).astype(np.float32)
    fine, smooth = texture_of(donor)
    parts = cv2.remap(np.dstack([cover, fine, smooth]).astype(np.float32), at_x, at_y, cv2.INTER_LINEAR)
    scene.lay(parts[..., 0], coloured(tone(scene, random), parts[..., 1], parts[..., 2], random), random)


def locks(scene: Scene, random: np.random.Generator) -> None:
    """Hair drawn around the face: from its outline inwards, in locks, to an edge that is jagged like a fringe's."""
    shape = scene.hair.shape
    x, y = scene.places()
    wave = random.uniform(0, 0.04)
    x, y = (a + wave * noise(random, int(random.integers(3, 14)), shape) for a in (x, y))
    angle, radius = np.arctan2(x, -y), np.hypot(x, y)  # 0 upwards, to the right positive
    ends = np.arctan2(scene.reach[:, 0], -scene.reach[:, 1])
    order = np.argsort(ends)
    outline = np.hypot(*scene.reach.T)[order] / scene.size
    oval = np.interp(angle, ends[order], outline, period=2 * np.pi).astype(np.float32)
    volume = random.uniform(0.05, 0.4) * np.clip(1.3 - np.abs(angle) / np.pi, 0.3, 1)
    upper = np.clip(np.cos(angle), 0, 1)
    outer = oval + volume + upper * random.uniform(0.15, 0.35)
    # the inner edge: a fringe above, curtains beside; locks of several widths hang on by several lengths
    fringe, side, part = random.uniform(0.35, 1.25), random.uniform(0.7, 1.15), random.normal(0, 0.5)
    share = side + (fringe - side) * upper ** random.uniform(0.5, 3)
    if random.random() < 0.4:  # parted
        share = share + random.uniform(0, 0.5) * np.exp(-(((angle - part) / random.uniform(0.1, 0.5)) ** 2))
    inner = oval * share
    slant = random.normal(0, 1.0) * np.sign(angle - part) + random.normal(0, 0.5)
    along = angle + slant * (radius - oval)
    turns = np.linspace(-np.pi * 2, np.pi * 2, 2048)
    for cells in (12, 40, 160):
        jags = random.normal(0, 1, cells)
        inner = inner + random.uniform(0, 0.05) * np.interp(along, np.linspace(turns[0], turns[-1], cells), jags)
    soft = random.uniform(0.004, 0.03)
    cover = np.clip((radius - inner) / soft + 0.5, 0, 1) * np.clip((outer - radius) / 0.02 + 0.5, 0, 1)
    low = random.choice([0.1, 0.35, 0.6, 1.2], p=[0.35, 0.3, 0.2, 0.15])
    cover = cover * np.clip((low - y) / 0.05, 0, 1)
    cover = cover * np.clip(np.abs(angle) < 2.7, 0, 1)
    many = int(random.integers(150, 700))
    strands = np.interp(along, np.linspace(turns[0], turns[-1], many), random.normal(0, 1, many))
    strands = strands * (0.6 + 0.4 * noise(random, 12, shape))
    shade = 0.5 * noise(random, int(random.integers(3, 9)), shape)
    thin = np.clip(1 - random.uniform(0, 0.5) * np.clip(strands, 0, 2), 0, 1) if random.random() < 0.3 else 1
    layer = coloured(tone(scene, random), random.uniform(0.05, 0.35) * strands, 0.35 * shade, random)
    scene.lay((cover * thin).astype(np.float32), layer, random)


def sides(scene: Scene, random: np.random.Generator) -> None:
    """What a receding hairline leaves: short hair along its outline, thinner towards the top."""
    shape = scene.hair.shape
    x, y = scene.places()
    wave = random.uniform(0, 0.02)
    x, y = (a + wave * noise(random, int(random.integers(5, 20)), shape) for a in (x, y))
    turn = np.abs(np.arctan2(x, -y))  # 0 at the crown, a right angle at the eyes
    head = (scene.person > 0.5).astype(np.uint8)
    deep = (cv2.distanceTransform(head, cv2.DIST_L2, 3) - cv2.distanceTransform(1 - head, cv2.DIST_L2, 3)) / scene.size
    deep = deep + random.uniform(0, 0.02) * noise(random, int(random.integers(10, 60)), shape)
    low, high, fade = random.uniform(1.4, 1.8), random.uniform(0.1, 1.1), random.uniform(0.1, 0.5)
    upper = np.clip((turn - high) / fade, 0, 1)
    wide, stands = random.uniform(0.04, 0.16) * upper, random.uniform(0, 0.05) * upper
    soft = random.uniform(0.01, 0.06)
    cover = np.clip((wide - deep) / soft + 0.5, 0, 1) * np.clip((deep + stands) / 0.015 + 0.5, 0, 1)
    cover = cover * upper * np.clip((low - turn) / 0.15 + 0.5, 0, 1)
    grain = random.normal(0, 1, shape).astype(np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), random.uniform(0.6, 1.5))
    grain /= max(float(grain.std()), 1e-6)
    thin = np.clip(random.uniform(0.6, 1.3) - random.uniform(0, 0.25) * np.clip(grain, 0, 2), 0, 1)
    layer = coloured(tone(scene, random), random.uniform(0.05, 0.3) * grain, 0.2 * noise(random, 6, shape), random)
    scene.lay((cover * thin).astype(np.float32), layer, random)


def cropped(scene: Scene, random: np.random.Generator) -> None:
    """Hair of a few millimetres on a bare head, mostly dark: to a line around the face, faded out towards the ears."""
    shape = scene.hair.shape
    x, y = scene.places()
    wave = random.uniform(0, 0.015)
    x, y = (a + wave * noise(random, int(random.integers(8, 40)), shape) for a in (x, y))
    angle, radius = np.arctan2(x, -y), np.hypot(x, y)  # 0 upwards, to the right positive
    ends = np.arctan2(scene.reach[:, 0], -scene.reach[:, 1])
    order = np.argsort(ends)
    oval = np.interp(angle, ends[order], (np.hypot(*scene.reach.T) / scene.size)[order], period=2 * np.pi)
    upper = np.clip(np.cos(angle), 0, 1)
    # at the temples it goes back, above it lies on the forehead or on the crown
    line = random.uniform(0.85, 1.0) + upper ** random.uniform(1, 4) * random.uniform(0, 0.35)
    line = line + random.uniform(0, 0.15) * np.exp(-(((np.abs(angle) - random.uniform(0.5, 0.9)) / 0.2) ** 2))
    head = (scene.person > 0.5).astype(np.uint8)
    deep = (cv2.distanceTransform(head, cv2.DIST_L2, 3) - cv2.distanceTransform(1 - head, cv2.DIST_L2, 3)) / scene.size
    soft = random.choice([0.006, 0.02, 0.06])
    cover = np.clip((radius - oval * line) / soft + 0.5, 0, 1)
    cover = cover * np.clip((deep + random.uniform(0, 0.05) * np.sqrt(upper)) / 0.01 + 0.5, 0, 1)
    low, fade = random.uniform(1.0, 1.9), random.uniform(0.05, 0.9)
    cover = cover * np.clip((low - np.abs(angle)) / fade, 0, 1)
    grain = cv2.GaussianBlur(random.normal(0, 1, shape).astype(np.float32), (0, 0), random.uniform(0.5, 1.5))
    grain /= max(float(grain.std()), 1e-6)
    cover = np.clip(cover * (1 + (1 - cover) * grain), 0, 1)  # where it fades it is dots
    dark = np.float32([1, 0.93, 0.88]) * random.uniform(0.02, 0.22)
    colour = dark if random.random() < 0.7 else tone(scene, random)
    sheen = random.uniform(0, 0.5) * noise(random, int(random.integers(2, 6)), shape)
    scene.lay(cover.astype(np.float32), coloured(colour, random.uniform(0.05, 0.4) * grain, sheen, random), random)


def shade(scene: Scene, random: np.random.Generator) -> None:
    """Skin that is darker or shines at the forehead's rim, or anywhere."""
    x, y = scene.places()
    at_x, at_y, wide, high = *random.normal((0, -0.35), (0.3, 0.2)), *random.uniform(0.06, 0.35, 2)
    blob = np.exp(-(((x - at_x) / wide) ** 2) - ((y - at_y) / high) ** 2)
    gain = random.uniform(-0.8, 0.35) * blob * (1 - scene.hair)
    scene.color = np.clip(scene.color * np.exp(gain[..., None] * random.uniform(0.8, 1, 3)), 0, 1).astype(np.float32)


def shave(scene: Scene, random: np.random.Generator) -> None:
    """A bald head instead of hair: the skin's colour, darker towards the outline, as smooth as skin."""
    shape = scene.hair.shape
    far = cv2.distanceTransform((scene.person > 0.5).astype(np.uint8), cv2.DIST_L2, 3) / scene.size
    rim = np.clip(1 - far / random.uniform(0.05, 0.3), 0, 1)
    light = random.uniform(0, 0.15) * noise(random, 4, shape) - random.uniform(0, 0.7) * rim**2
    light = light + random.uniform(0, 0.04) * random.normal(0, 1, shape)
    layer = scene.skin * np.exp(random.normal(0, 0.06, 3)) * np.exp(light[..., None])
    cover = cv2.GaussianBlur(scene.hair, (0, 0), random.uniform(0.5, 4))[..., None]
    scene.color = np.clip(scene.color + cover * (layer - scene.color), 0, 1).astype(np.float32)
    scene.hair[:] = 0


def two_toned(scene: Scene, random: np.random.Generator) -> None:
    """Hair that greys from the sides, or shines from above: lighter by and by, in no line."""
    _, y = scene.places()
    y = y + random.uniform(0, 0.06) * noise(random, int(random.integers(3, 20)), y.shape)
    share = 1 / (1 + np.exp(np.clip((y - random.uniform(-0.5, 0)) / random.uniform(0.04, 0.2), -30, 30)))
    hairy = scene.hair * share
    grey = scene.color.mean(-1, keepdims=True) ** random.uniform(0.4, 1.6)
    scene.color = np.clip(scene.color + hairy[..., None] * (grey - scene.color) * random.uniform(0.3, 1), 0, 1)
    scene.color = scene.color.astype(np.float32)
