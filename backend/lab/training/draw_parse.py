"""Portraits of any make with hair, beards, glasses, hats and hands, and what each pixel is: what train parse learns on.

python -m backend.lab parse draw --heads heads --rendered rendered --hands hands --output parse --count 6000

Real heads and rendered ones get other hair (black most of all), beards, glasses, hats and hands that are drawn or
another's, before other backgrounds; then all are developed as photographs, paintings or drawings.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from ...head.atlas import canonical_head
from ...portrait.landmark_groups import FACE_OVAL, fill_region
from ...portrait.parse_network import CLASSES, face_parts
from . import about_eyes, draw_beards, hats, spectacles, wigs
from .developed import LUMA, developed
from .known_beards import kind_of
from .occluded import Hand, hand_over, read_hands, thing_over
from .parse_heads import BACKGROUND, FACIAL, FINER, GLASSES, HAIR, HEADWEAR, OCCLUDER, SKIN, Parsed, parsed
from .sample_shards import shards_of, write_shards
from .spectacles import noise
from .wigs import Scene

#: Shares of pictures: own hair black, in another colour, of two tones, shaven off; another's; drawn locks; of the
#: bald, cropped hair, drawn sides; beards drawn, lent, or stubble; glasses; hats; hands; other things; skin darkened,
#: shaded; another background; light from aside.
BLACK, RECOLOURED, TONED, SHAVEN, LENT, LOCKS, CROPPED, SIDES = 0.3, 0.3, 0.12, 0.2, 0.12, 0.1, 0.45, 0.6
GROWN, BEARD, STUBBLE, WORN, HATS, HANDS, THINGS = 0.25, 0.12, 0.2, 0.3, 0.12, 0.15, 0.07
DARKER, SHADED, BACKDROP, LIT = 0.25, 0.2, 0.55, 0.4
#: Share of hands that come in pairs.
BOTH = 0.2
#: Share of rendered heads; of the pictures that are flat cartoons; what the others are made as.
RENDERED, FLAT = 0.3, 0.15
MAKES = {"photo": 0.68, "painted": 0.17, "drawn": 0.08, "lines": 0.03, "print": 0.04}
#: Share of cartoons whose eyes are drawn, large or small, and not the portrait's.
EYED = 0.6
#: Share of photographs and cartoons that neither few pixels nor grain spoil.
CLEAN = 0.6
#: Every so many-th head is left out, to measure on.
LEFT_OUT = 10

Kind = TypeVar("Kind")


class Stage:
    """A scene of wigs.py with the classes of its pixels."""

    def __init__(self, of: Parsed, random: np.random.Generator) -> None:
        self.of, self.random = of, random
        self.scene = Scene(of.head)
        self.classes, self.weight = of.classes.copy(), of.weight.copy()
        self.worn = of.classes[..., GLASSES].max() > 0.5

    def lay(self, kind: int, draw: Callable[[], object]) -> None:
        """What a function of (scene, random) lays over the scene is of a class."""
        scene, hair = self.scene, self.scene.hair
        scene.hair, scene.weight = np.zeros_like(hair), self.weight.copy()
        draw()
        cover = np.clip(scene.hair, 0, 1)
        self.cover(kind, cover, np.maximum(scene.weight, self.weight * (cover == 0)))
        scene.hair = hair * (1 - cover)

    def cover(self, kind: int, cover: np.ndarray, weight: np.ndarray | None = None) -> None:
        self.classes *= (1 - cover)[..., None]
        self.classes[..., kind] += cover
        self.weight = self.weight + cover * (1 - self.weight) if weight is None else weight

    def shave(self) -> None:
        """No hair."""
        scene = self.scene
        hair = self.classes[..., HAIR].copy()
        scene.hair = hair.copy()
        wigs.shave(scene, self.random)
        self.classes[..., HAIR] -= hair
        self.classes[..., SKIN] += hair
        self.weight = self.weight * (1 - 0.7 * ((hair > 0.05) & (hair < 0.95)))


def blacken(stage: Stage) -> None:
    """Own hair black, or nearly: glossy, dull, as flat as paint."""
    scene, random = stage.scene, stage.random
    hair = stage.classes[..., HAIR]
    sure = hair > 0.7
    if sure.sum() < 100:
        return
    light = scene.color @ LUMA + 0.02
    usual = float(np.median(light[sure]))
    tone = np.float32([1, 0.95, 0.92]) * random.uniform(0.02, 0.16) * np.exp(random.normal(0, 0.06, 3))
    gloss = np.clip(light / usual, 0.3, 4)[..., None] ** random.choice([0.1, 0.4, 0.8, 1.2])
    scene.color = scene.color + hair[..., None] * (np.clip(tone * gloss, 0, 1) - scene.color)
    scene.color = scene.color.astype(np.float32)


def lend_glasses(stage: Stage, donor: Parsed) -> None:
    """A wearer's own glasses, moved and in another colour now and then."""
    scene, random = stage.scene, stage.random
    ends = [33, 133, 362, 263, 168, 6, 234, 454]
    matrix = cv2.estimateAffinePartial2D(donor.points[ends], scene.head.points[ends])[0]
    if matrix is None:
        return
    size = scene.hair.shape[::-1]
    core = cv2.warpAffine(np.ascontiguousarray(donor.classes[..., GLASSES]), matrix, size)
    color = cv2.warpAffine(donor.color, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    if random.random() < 0.4:
        gain = np.float32(random.random(3) ** 2 * 1.6) if random.random() < 0.5 else np.float32(random.uniform(0.2, 1))
        color = color * gain
    soft = cv2.GaussianBlur(cv2.dilate(core, np.ones((3, 3))), (0, 0), 0.7)
    scene.color = scene.color + soft[..., None] * (np.clip(color, 0, 1) - scene.color)
    weight = stage.weight * np.where((soft > 0.1) & (core < 0.5), 0.2, 1)
    stage.cover(GLASSES, core, np.where(core > 0.5, 1, weight))


def about_the_eyes(stage: Stage) -> about_eyes.Scene:
    """The face as if it were seen from afar."""
    scene = stage.scene
    own = canonical_head().points
    marks = own - own[[33, 133, 362, 263]].mean(0)
    solved = np.linalg.lstsq(np.c_[marks, np.ones(len(marks))], scene.head.points, rcond=None)[0].T
    camera = np.vstack([solved, [0, 0, 0, 1]])
    shape = scene.hair.shape
    far = np.full(shape, np.inf, np.float32)
    return about_eyes.Scene(scene.color, scene.person.copy(), np.zeros(shape, np.float32), far, camera, marks)


def put_on_glasses(stage: Stage) -> None:
    """Drawn glasses; hair hangs over the arms."""
    before = about_the_eyes(stage)
    spectacles.glasses(before, stage.random)
    stage.scene.color = np.clip(before.color, 0, 1).astype(np.float32)
    stage.cover(GLASSES, np.clip(before.hidden, 0, 1))


def backdrop(stage: Stage, other: Parsed) -> None:
    """Another wall: of one colour, shaded, mottled, or what stands behind somebody else."""
    scene, random = stage.scene, stage.random
    shape = scene.hair.shape
    pick = random.random()
    tone = random.random(3) if random.random() < 0.6 else np.repeat(random.choice([0.03, 0.1, 0.5, 0.85, 0.97]), 3)
    wall = np.broadcast_to(np.float32(tone), (*shape, 3)).copy()
    if pick > 0.3:
        ramp = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None, None] * random.uniform(-0.4, 0.4)
        wall = wall * np.exp(ramp)
    if pick > 0.55:
        for cells in random.integers(3, 40, 2):
            wall = wall * np.exp(random.uniform(0, 0.5) * noise(random, int(cells), shape))[..., None]
    if pick > 0.7:
        wall = np.rot90(other.color, int(random.integers(4))).copy()
        wall = cv2.GaussianBlur(wall, (0, 0), random.uniform(0.5, 10))
    alpha = stage.classes[..., BACKGROUND]
    near = cv2.GaussianBlur(scene.color * (alpha > 0.9)[..., None], (0, 0), 4)
    old = near / (cv2.GaussianBlur((alpha > 0.9).astype(np.float32), (0, 0), 4)[..., None] + 1e-3)
    scene.color = np.clip(scene.color + alpha[..., None] * (wall - np.minimum(old, 1)), 0, 1)
    scene.color = np.where(alpha[..., None] > 0.95, np.clip(wall, 0, 1), scene.color).astype(np.float32)
    stage.weight = np.where(alpha > 0.95, 1, stage.weight)


def light_from_aside(stage: Stage) -> None:
    """One side of the person darker than the other, softly or at an edge."""
    scene, random = stage.scene, stage.random
    x, y = scene.places()
    turn = random.uniform(0, 2 * np.pi)
    across = x * np.cos(turn) + 0.6 * y * np.sin(turn) + random.normal(0, 0.12) + 0.03 * noise(random, 6, x.shape)
    dark = random.uniform(0.2, 0.85) / (1 + np.exp(np.clip(across / random.uniform(0.02, 0.3), -30, 30)))
    scene.color = (scene.color * (1 - dark * scene.person)[..., None]).astype(np.float32)


def flat(stage: Stage) -> None:
    """A cartoon: a colour for each class, outlines, and what is dark in the face."""
    scene, random = stage.scene, stage.random
    size, shape = scene.size, scene.hair.shape
    light = cv2.bilateralFilter(scene.color, 9, 0.2, 4) @ LUMA
    oval = fill_region(shape, scene.head.points, FACE_OVAL)
    dark = np.clip((cv2.GaussianBlur(light, (0, 0), 0.06 * size) - light) * random.uniform(8, 25) - 0.7, 0, 1)
    dark = dark * cv2.erode(oval, np.ones((3, 3)), iterations=round(0.07 * size)) * stage.classes[..., SKIN]
    best = stage.classes.argmax(-1)
    best = cv2.medianBlur(best.astype(np.uint8), 5)
    skin = scene.skin * np.exp(random.normal(0, 0.3)) if random.random() < 0.75 else random.random(3)
    tones = random.random((len(CLASSES), 3))
    tones[SKIN], tones[HAIR] = skin, wigs.tone(scene, random)
    tones[FACIAL] = tones[HAIR] if random.random() < 0.7 else wigs.tone(scene, random)
    tones[GLASSES] = random.random(3) * random.choice([0.15, 1])
    tones[OCCLUDER] = skin if random.random() < 0.6 else tones[OCCLUDER]
    if random.random() < 0.3:
        tones[BACKGROUND] = random.choice([0.0, 1.0])
    for kind in (HAIR, FACIAL, HEADWEAR):  # who has hair in the skin's colour has none that anybody could find
        if np.abs(tones[kind] - skin).max() < wigs.TOLD:
            tones[kind] = tones[kind] * 0.35
    picture = np.clip(tones, 0, 1).astype(np.float32)[best]
    picture = cv2.GaussianBlur(picture, (0, 0), 0.6)
    picture *= 1 - dark[..., None]
    if random.random() < EYED:
        bare = about_the_eyes(stage)
        bare.color = picture.copy()
        about_eyes.eyes(bare, random, drawn=True)
        about_eyes.solid_brows(bare, random)
        picture = np.where((best == SKIN)[..., None], bare.color, picture)
    if random.random() < 0.6:
        wide = 2 * int(random.integers(1, 4)) + 1
        line = cv2.morphologyEx(best, cv2.MORPH_GRADIENT, np.ones((wide, wide))) > 0
        line = cv2.GaussianBlur(line.astype(np.float32), (0, 0), 0.7)
        picture *= 1 - line[..., None] * random.uniform(0.4, 1)
    if random.random() < 0.3:
        picture *= np.exp(random.uniform(0, 0.3) * noise(random, 4, shape))[..., None]
    scene.color = np.clip(picture, 0, 1).astype(np.float32)
    stage.classes = np.eye(len(CLASSES), dtype=np.float32)[best]
    stage.weight[:] = 1


class Cast:
    """All heads, by what they can give, and hands."""

    def __init__(self, heads: list[Parsed], rendered: list[Parsed], hands: list[Hand]) -> None:
        self.heads, self.rendered, self.hands = heads, rendered, hands
        self.wigs = [one for one in heads if one.kind == "told"]
        self.beards = [one for one in heads if kind_of(one.name) in ("moustache", "circle", "full")]
        self.glasses = [one for one in heads if one.classes[..., GLASSES].max() > 0.5]

    @staticmethod
    def one(some: list[Kind], random: np.random.Generator) -> Kind:
        return some[random.integers(len(some))]


def bearded_head(of: Parsed) -> wigs.Head:
    """As draw_beards.lend() wants it: its hair is its beard."""
    facial = np.ascontiguousarray(of.classes[..., FACIAL])
    return wigs.Head(of.color, of.points, of.person, facial, of.weight, "beard")


def compose(cast: Cast, random: np.random.Generator) -> Stage:
    """A head as it is or with other hair and things, before it is developed."""
    drawn = bool(cast.rendered) and random.random() < RENDERED
    of = cast.one(cast.rendered if drawn else cast.heads, random)
    stage = Stage(of, random)
    scene, bald = stage.scene, of.kind == "bald" or of.classes[..., HAIR].max() < 0.5
    if random.random() < DARKER:
        gamma = np.float32(random.uniform(1.2, 2.5))
        scene.color, scene.skin = scene.color**gamma * np.float32([1, 0.95, 0.9]), scene.skin**gamma
    if random.random() < SHADED:
        wigs.shade(scene, random)
    hair(stage, cast, bald)
    beard(stage, cast)
    if random.random() < LIT:
        light_from_aside(stage)
    if random.random() < BACKDROP:
        backdrop(stage, cast.one(cast.heads, random))
    if not stage.worn and random.random() < WORN:
        lent = cast.glasses and random.random() < 0.5
        lend_glasses(stage, cast.one(cast.glasses, random)) if lent else put_on_glasses(stage)
    if random.random() < HATS:
        stage.lay(HEADWEAR, lambda: hats.put_on(scene, cast.one(cast.heads, random).head, random))
    if random.random() < HANDS:
        for _ in range(2 if random.random() < BOTH else 1):
            stage.lay(OCCLUDER, lambda: hand_over(scene, cast.one(cast.hands, random), random))
    elif random.random() < THINGS:
        stage.lay(OCCLUDER, lambda: thing_over(scene, cast.one(cast.heads, random).color, random))
    return stage


def hair(stage: Stage, cast: Cast, bald: bool) -> None:
    scene, random = stage.scene, stage.random
    pick = random.random()
    if not bald and random.random() < SHAVEN:
        stage.shave()
        bald = True
    elif not bald and pick < BLACK:
        blacken(stage)
    elif not bald and pick < BLACK + RECOLOURED and stage.of.kind == "told":
        wigs.recolour(scene, random)
    if random.random() < TONED:
        wigs.two_toned(scene, random)
    if cast.wigs and random.random() < (2 if bald else 1) * LENT:
        donor = cast.one(cast.wigs, random)
        donor = (donor if random.random() < 0.5 else donor.mirrored()).head
        stage.lay(HAIR, lambda: wigs.lend(scene, donor, random))
    if bald and random.random() < CROPPED:
        stage.lay(HAIR, lambda: wigs.cropped(scene, random))
    elif bald and random.random() < SIDES:
        stage.lay(HAIR, lambda: wigs.sides(scene, random))
    elif random.random() < (2 if bald else 1) * LOCKS:
        stage.lay(HAIR, lambda: wigs.locks(scene, random))


def beard(stage: Stage, cast: Cast) -> None:
    scene, random = stage.scene, stage.random
    pick = random.random()
    if kind_of(stage.of.name) != "none":
        return
    if pick < GROWN:
        draw = draw_beards.trim if random.random() < draw_beards.TRIMMED else draw_beards.grow
        stage.lay(FACIAL, lambda: draw(scene, random))
    elif pick < GROWN + BEARD and cast.beards:
        donor = bearded_head(cast.one(cast.beards, random))
        stage.lay(FACIAL, lambda: draw_beards.lend(scene, donor, random))
    elif pick < GROWN + BEARD + STUBBLE:
        draw_beards.stubble(scene, random)


def sample(cast: Cast, random: np.random.Generator, make: str | None = None) -> dict[str, np.ndarray]:
    """picture (S,S,3), parts, weight, and the two likeliest classes of each pixel with the first's share,
    all uint8; make: how it is developed, flat or of MAKES."""
    stage = compose(cast, random)
    make = make or ("flat" if random.random() < FLAT else str(random.choice(list(MAKES), p=list(MAKES.values()))))
    if make == "flat":
        flat(stage)
    clean = make in ("photo", "flat") and random.random() < CLEAN
    color = stage.scene.color if clean else developed(stage.scene.color, random, "photo" if make == "flat" else make)
    parts = face_parts(stage.scene.head.points, stage.weight.shape)
    small = [shrink(part) for part in (color, parts, stage.weight)]
    color, parts, weight = (np.rint(np.clip(part, 0, 1) * 255).astype(np.uint8) for part in small)
    classes = np.dstack([shrink(stage.classes[..., :4]), shrink(stage.classes[..., 4:])])
    order = np.argsort(-classes, axis=-1)[..., :2]
    one, two = (np.take_along_axis(classes, order[..., k : k + 1], -1)[..., 0] for k in (0, 1))
    mix = np.rint(255 * one / np.maximum(one + two, 1e-6)).astype(np.uint8)
    first, second = order[..., 0].astype(np.uint8), order[..., 1].astype(np.uint8)
    return {"picture": color, "parts": parts, "weight": weight, "first": first, "second": second, "mix": mix}


def shrink(part: np.ndarray) -> np.ndarray:
    return cv2.resize(part.astype(np.float32), None, fx=1 / FINER, fy=1 / FINER, interpolation=cv2.INTER_AREA)


def read_heads(folder: Path) -> list[Parsed]:
    """Of `parse cut`, by name; who wears hats or shows hands is left out."""
    stored = (
        {key: part[k] for key, part in shard.items()}
        for shard in shards_of(folder, "heads", "parse cut")
        for k in range(len(shard["name"]))
    )
    return [one for one in map(parsed, stored) if one is not None]


def read_rendered(folder: Path | None) -> list[Parsed]:
    """Of `parse render`."""
    found = []
    for shard in shards_of(folder, "rendered", "parse render") if folder else ():
        for k in range(len(shard["name"])):
            classes = shard["classes"][k].astype(np.float32) / 255
            classes[..., SKIN] += 1 - classes.sum(-1)
            person = 1 - classes[..., BACKGROUND]
            color, weight = shard["color"][k].astype(np.float32) / 255, np.ones(person.shape, np.float32)
            kind = "told" if shard["haired"][k] else "bald"
            found.append(Parsed(color, shard["points"][k], person, classes, weight, kind, str(shard["name"][k]), True))
    return found


def left_out(heads: list[Parsed], chosen: bool) -> list[Parsed]:
    """Every LEFT_OUT-th, or the others; by name, so that a person is on one side for good."""
    return [one for one in heads if (sum(map(ord, one.name)) % LEFT_OUT == 0) == chosen]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab parse draw", description=__doc__.splitlines()[0])
    parser.add_argument("--heads", type=Path, required=True, help="folder of python -m backend.lab parse cut")
    parser.add_argument("--rendered", type=Path, help="folder of python -m backend.lab parse render")
    parser.add_argument("--hands", type=Path, required=True, help="folder of python -m backend.lab parse hands")
    parser.add_argument("--output", type=Path, required=True, help="folder of shards of 200 samples")
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--left-out", action="store_true", help=f"of every {LEFT_OUT}th person, who is left out else")
    parser.add_argument("--seed", type=int, default=0, help="several processes: a seed each")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    heads = left_out(read_heads(arguments.heads), arguments.left_out)
    rendered = left_out(read_rendered(arguments.rendered), arguments.left_out)
    cast = Cast(heads, rendered, read_hands(arguments.hands))
    print(len(cast.heads), len(cast.rendered), len(cast.wigs), len(cast.beards), len(cast.glasses), flush=True)
    random = np.random.default_rng(arguments.seed)
    write_shards(lambda: sample(cast, random), arguments.count, 200, arguments.output, f"parse{arguments.seed}")
    return 0
