"""A render of what lies about eyes, to draw on; and what is there beside glasses: lids, bags, brows, shade, hair."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ...portrait.landmark_groups import LEFT_BROW, LEFT_EYE, RIGHT_BROW, RIGHT_EYE, fill_region


@dataclass
class Scene:
    """color: (H,W,3) float32 sRGB. head, hidden: (H,W) 0..1. depth, camera, marks: of render_eyes.render()."""

    color: np.ndarray
    head: np.ndarray
    hidden: np.ndarray
    depth: np.ndarray
    camera: np.ndarray
    marks: np.ndarray

    def project(self, local: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,2) pixels of (n,3) of the head's space, and (n,) whether the head hides them."""
        seen = local @ self.camera[:, :3].T + self.camera[:, 3]
        flat = (seen[:, :2] / seen[:, 2:]).astype(np.float32)
        x = np.clip(np.rint(flat[:, 0]).astype(int), 0, self.color.shape[1] - 1)
        y = np.clip(np.rint(flat[:, 1]).astype(int), 0, self.color.shape[0] - 1)
        return flat, self.depth[y, x] < seen[:, 2] - 0.02

    @property
    def points(self) -> np.ndarray:
        return self.project(self.marks)[0]

    @property
    def height(self) -> float:
        """Pixels of one face height."""
        return float(np.linalg.norm(np.diff(self.project(self.marks[[10, 152]])[0], axis=0)))


def noise(random: np.random.Generator, cells: int, shape: tuple[int, int]) -> np.ndarray:
    """(H,W) smooth, of standard deviation about 1."""
    rows = max(2, round(cells * shape[0] / shape[1]))
    return cv2.resize(random.normal(0, 1, (rows, cells)).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)


def line(cover: np.ndarray, points: np.ndarray, thick: float, closed: bool = False, value: float = 255) -> None:
    cv2.polylines(cover, [np.rint(points * 16).astype(np.int32)], closed, value, max(1, round(thick)), cv2.LINE_AA, 4)


def fill(shape: tuple[int, int], points: np.ndarray) -> np.ndarray:
    cover = np.zeros(shape, np.uint8)
    cv2.fillPoly(cover, [np.rint(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return cover.astype(np.float32) / 255


def over(color: np.ndarray, cover: np.ndarray, colour: np.ndarray) -> None:
    """Lay a colour (3,), (H,1,3) or (H,W,3) over the picture, in place."""
    rows, columns = (np.flatnonzero(cover.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    colour = np.broadcast_to(np.asarray(colour, np.float32), color.shape)[part]
    color[part] += cover[part][..., None].astype(np.float32) * (colour - color[part])


def cartoon(scene: Scene, random: np.random.Generator) -> None:
    """The face as cartoons have it: one flat tone, an outline, a line or two for nose and mouth."""
    shape, points, unit = scene.head.shape, scene.points, scene.height
    skin = np.median(scene.color[scene.head > 0.5], axis=0) if random.random() < 0.7 else random.random(3) ** 0.5
    skin = np.ones(3) if random.random() < 0.15 else skin
    over(scene.color, scene.head * random.uniform(0.8, 1), skin)
    ink, cover, thick = random.random(3) ** 3 * 0.4, np.zeros(shape, np.uint8), random.uniform(1, 7)
    edges = cv2.findContours((scene.head > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    if random.random() < 0.6:
        cv2.drawContours(cover, edges, -1, 255, max(1, round(thick)), cv2.LINE_AA)
    for _ in range(random.integers(0, 4)):  # nose, folds, mouth
        at = points[random.choice([4, 98, 327, 6, 168, 13, 117, 346])] + random.normal(0, 0.04 * unit, 2)
        turn = np.linspace(0, random.uniform(1, 5), 12) + random.uniform(0, 6)
        bend = np.stack([np.cos(turn), random.uniform(0.4, 1) * np.sin(turn)], 1)
        line(cover, at + random.uniform(0.02, 0.12) * unit * bend, thick)
    over(scene.color, cover.astype(np.float32) / 255, ink)


def solid_brows(scene: Scene, random: np.random.Generator) -> None:
    """A cartoon's brows, over its eyes; a frown between them or not."""
    shape, points, unit = scene.head.shape, scene.points, scene.height
    tone = random.random(3) ** random.choice([0.7, 4])
    brows, broad, tilt = np.zeros(shape, np.uint8), unit * random.uniform(0.01, 0.12), random.normal(0, 0.08)
    if random.random() < 0.8:
        for loop, side in ((RIGHT_BROW, -1), (LEFT_BROW, 1)):
            rise = -random.uniform(-0.05, 0.06) * unit
            lean = rise + side * tilt * unit * np.linspace(-1, 1, 5)
            line(brows, points[list(loop[:5])] + np.stack([np.zeros(5), lean], 1), broad)
    if random.random() < 0.35:
        for _ in range(random.integers(1, 5)):
            start = points[9] + random.normal(0, 0.035, 2) * unit
            end = start + random.normal(0, 1, 2) * (0.02 * unit, 0.05 * unit)
            line(brows, np.stack([start, end]), random.uniform(1, 6))
    over(scene.color, brows.astype(np.float32) / 255, tone)


def eyes(scene: Scene, random: np.random.Generator, drawn: bool = False) -> None:
    """Eyeballs, which the heads lack; as people's or drawn as in cartoons, ringed discs included."""
    points, shape = scene.points, scene.head.shape
    iris, gaze = random.random(3) ** 2 * (0.7, 0.6, 0.6), random.normal(0, 0.12, 2)
    dark = random.random(3) * 0.2
    grown, round_ = random.uniform(1.0, 3.0), random.uniform(0.6, 1.1)
    thick, shut, dots = random.uniform(1, 8), random.random() < 0.15, drawn and random.random() < 0.3
    for loop in (RIGHT_EYE, LEFT_EYE):
        outline = points[list(loop)]
        wide, centre = np.ptp(outline[:, 0]), outline.mean(0)
        middle = centre + gaze * wide * (1, 0.5)
        white = np.float32([0.9, 0.88, 0.86]) * random.uniform(0.55, 1.05)
        lid = fill_region(shape, points, loop)
        if drawn:
            turn = np.linspace(0, 2 * np.pi, 33)[:-1]
            ring = centre + 0.5 * grown * wide * np.stack([np.cos(turn), round_ * np.sin(turn)], 1)
            lid = fill(shape, ring)
            if dots:
                over(scene.color, fill(shape, centre + (ring - centre) * 0.35), dark)
                continue
        rows, columns = (np.flatnonzero(lid.any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            continue
        part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        y, x = (
            rows[0] + np.arange(rows[-1] - rows[0] + 1)[:, None] + 0.5,
            columns[0] + np.arange(columns[-1] - columns[0] + 1)[None] + 0.5,
        )
        away = np.hypot(x - middle[0], y - middle[1]) / max(wide, 1) / (grown if drawn else 1)
        colour = np.where(away[..., None] < 0.22, iris, white)
        colour = np.where(away[..., None] < 0.1, 0.03, colour)
        glint = np.hypot(x - middle[0] + 0.06 * wide, y - middle[1] + 0.06 * wide) < 0.05 * wide
        colour = np.where(glint[..., None], 0.95, colour) * np.where(y > middle[1] - 0.08 * wide, 1, 0.75)[..., None]
        over(scene.color[part], lid[part] if not shut else lid[part] * 0.3, colour)
        lash = np.zeros(shape, np.uint8)
        if drawn:
            line(lash, ring, thick, True)
        else:
            line(lash, outline[:9], max(1, 0.07 * wide * random.uniform(0.5, 2)))
        over(scene.color, lash / 255 * random.uniform(0.3, 1), dark)


def plain(scene: Scene, random: np.random.Generator) -> None:
    """What glasses might be taken for, and is none: wrinkles, bags, brows, eye shadow, hair, a hard shadow."""
    shape, points, unit = scene.head.shape, scene.points, scene.height
    if random.random() < 0.7:  # lines and folds about the eyes
        strength, dark = random.uniform(0.1, 0.7), random.random(3) * 0.4
        creases, many = np.zeros(shape, np.uint8), random.integers(1, 9)
        for loop in (RIGHT_EYE, LEFT_EYE):
            outline = points[list(loop)]
            centre, half = outline.mean(0), np.ptp(outline, axis=0)[0] / 2
            for _ in range(many):
                start, span = random.uniform(0, 2 * np.pi), random.uniform(0.4, 2.6)
                turn = np.linspace(start, start + span, 16)
                away = half * random.uniform(1.1, 2.0) * (1 + random.normal(0, 0.2) * np.linspace(-1, 1, 16))
                arc = centre + away[:, None] * np.stack([np.cos(turn), random.uniform(0.5, 0.9) * np.sin(turn)], 1)
                line(creases, arc, random.uniform(1, 3))
            for _ in range(random.integers(0, 5)):  # crow's feet, frown
                outer = centre + random.normal(0, 1.4, 2) * half
                line(creases, np.stack([outer, outer + random.normal(0, 0.6, 2) * half]), random.uniform(1, 3))
        soft = cv2.GaussianBlur(creases.astype(np.float32) / 255, (0, 0), random.uniform(0.5, 4))
        over(scene.color, strength * soft, dark)
    if random.random() < 0.35:  # bags, sunken or painted lids
        shade = np.zeros(shape, np.float32)
        for loop in (RIGHT_EYE, LEFT_EYE):
            outline = points[list(loop)]
            shift = random.uniform(-0.02, 0.05) * unit
            bag = (outline - outline.mean(0)) * (1.4, 2.4) + np.add(outline.mean(0), (0, shift))
            shade = np.maximum(shade, fill(shape, bag))
        shade = cv2.GaussianBlur(shade, (0, 0), random.uniform(1, 8))
        over(scene.color, shade * random.uniform(0.1, 0.6), random.random(3) * 0.6)
    if random.random() < 0.3:  # heavy brows
        brows = fill_region(shape, points, RIGHT_BROW, LEFT_BROW)
        brows = cv2.dilate(brows, np.ones((3, 3)), iterations=int(random.integers(0, 5)))
        brows = cv2.GaussianBlur(brows, (0, 0), random.uniform(0.5, 3))
        brows *= np.clip(1 + 0.4 * noise(random, 90, shape), 0, 1)
        over(scene.color, brows * random.uniform(0.4, 1), random.random(3) * 0.35)
    if random.random() < 0.4:  # a shadow's edge
        y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32) / shape[1]
        angle = random.uniform(0, 2 * np.pi)
        edge = (x - 0.5) * np.cos(angle) + (y - 0.25) * np.sin(angle) + random.normal(0, 0.15)
        edge = np.clip((edge + 0.02 * noise(random, 8, shape)) * shape[1] / random.uniform(1, 30), 0, 1)
        scene.color *= 1 - (random.uniform(0.3, 0.85) * edge)[..., None]
    if random.random() < 0.3:  # pen strokes, scratches
        cover = np.zeros(shape, np.uint8)
        for _ in range(random.integers(1, 12)):
            start = random.random(2) * shape[::-1]
            bend = start + np.cumsum(random.normal(0, 0.05 * unit, (8, 2)) + random.normal(0, 0.05 * unit, 2), 0)
            line(cover, bend.astype(np.float32), random.uniform(1, 4))
        over(scene.color, cover.astype(np.float32) / 255 * random.uniform(0.2, 1), random.random(3) ** 2)


def hair(scene: Scene, random: np.random.Generator) -> None:
    """Hair over the forehead and the temples: drawn strands."""
    shape, unit = scene.head.shape, scene.height
    crown, left, right = scene.points[[10, 127, 356]]
    tone, cover = random.random(3) ** 2 * random.uniform(0.1, 1), np.zeros(shape, np.uint8)
    fringe, inward = random.uniform(-0.1, 0.2), random.uniform(-0.12, 0.08)
    light = np.ones((*shape, 3), np.float32) * tone.astype(np.float32)
    for _ in range(random.integers(40, 160)):
        pick = random.random()
        if pick < 0.4:
            start = np.add(crown, (random.normal(0, 0.3) * unit, -0.3 * unit))
            end = np.add(crown, (random.normal(0, 0.35) * unit, (fringe + random.normal(0, 0.03)) * unit))
        else:
            side, sign = (left, -1) if pick < 0.7 else (right, 1)
            out = sign * (random.uniform(0, 0.2) - inward) * unit
            start = np.add(side, (out, -0.5 * unit))
            end = np.add(side, (out * random.uniform(0.7, 1.3), random.uniform(0, 0.7) * unit))
        t = np.linspace(0, 1, 8)[:, None]
        bend = start + t * (end - start) + np.sin(np.pi * t) * random.normal(0, 0.04 * unit, 2)
        width = random.uniform(1, 0.04 * unit)
        line(cover, bend.astype(np.float32), width)
        cv2.polylines(
            light,
            [np.rint(bend * 16).astype(np.int32)],
            False,
            (tone * np.exp(random.normal(0, 0.25))).tolist(),
            max(1, round(width)),
            cv2.LINE_AA,
            4,
        )
    over(scene.color, cover.astype(np.float32) / 255, light)
