"""Head and portrait compared in pictures through the camera just solved.

The landmark network has habits that depend on the view (it guesses the far cheek, it slides along the jaw) and on where
its square lies. Rendered from the portrait's own camera, in the portrait's skin and light and read in the same
square, the head shows it what the portrait does, and the habits cancel. What is left of them (2 to 4 degrees of a head
turned by 45) goes with the optical flow from the render to the portrait, which asks no network; it counts where it is
near the reading, for it does not know hair, glasses and mouths that are open.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..imaging.sample import sample
from ..portrait.landmarks import MIN_PRESENCE, Square, both_ways_in, cut, square_around
from ..prior.linear import LinearPrior
from ..prior.skin import fitted_skin, mean_skin
from .atlas import to_atlas
from .camera import Camera
from .landmarks import BEHIND, HeadLandmarks, face_height
from .rasterize import Fragments, rasterize
from .subjects import Face, Head
from .view import LIGHT
from .windows import read_windows

#: Pixels of the pictures, and how much of them the face's height fills: the network sees faces 128 pixels tall.
SIZE, FILL = 256, 0.5
#: What a landmark is trusted where the flow does not count.
READ_ONLY = 0.25


@dataclass(frozen=True)
class Compared:
    """head: landmarks read in a render, on the surface. pixels: (468,2) where the portrait shows the same places."""

    head: HeadLandmarks
    pixels: np.ndarray


@dataclass(frozen=True)
class Frame:
    """The head through a camera, in a square picture around its face.

    middle: (2,) portrait pixels. scale: picture pixels per portrait pixel. depth: (S,S) inf beside the head.
    normals, canonical: (S,S,3) of the surface, the former unit and in mesh axes.
    """

    camera: Camera
    middle: np.ndarray
    scale: float
    fragments: Fragments
    depth: np.ndarray
    normals: np.ndarray
    canonical: np.ndarray

    def inwards(self, pixels: np.ndarray) -> np.ndarray:
        """(n,2) pixels of the picture of (n,2) portrait pixels."""
        return (pixels - self.middle) * self.scale + SIZE / 2

    def outwards(self, places: np.ndarray) -> np.ndarray:
        return (places - SIZE / 2) / self.scale + self.middle

    def cut(self, portrait: np.ndarray) -> np.ndarray:
        """(S,S,3) float32 of an (H,W,3) portrait: what lies where the head does."""
        x, y = self.middle
        return cut(portrait, Square(x, y, SIZE / self.scale), SIZE)[0]

    def skinned(self, skin_prior: LinearPrior, portrait: np.ndarray | None) -> np.ndarray:
        """(S,S,3) the head in the portrait's skin, or in the mean one."""
        places, covered = to_atlas(self.canonical), self.fragments.covered
        turned = self.normals @ self.camera.rotation.T.astype(np.float32)
        if portrait is None:
            return mean_skin(skin_prior, places, np.clip(turned * (1, -1, -1) @ LIGHT, 0, 1), covered)
        return fitted_skin(skin_prior, portrait, places, turned, self.canonical, covered)

    def lift(self, places: np.ndarray, head: HeadLandmarks) -> HeadLandmarks:
        """The surface under (468,2) places of the picture."""
        windows = read_windows(places, self.depth, self.normals)
        ray = np.concatenate(
            [(self.outwards(places) - self.camera.centre) / self.camera.focal, np.ones((len(places), 1))], 1
        )
        lifted = (ray * windows.depth[:, None] - self.camera.translation) @ self.camera.rotation
        # not beside the head, nor through an open eye on the inside of its back
        solid = windows.found & (windows.depth - self.camera.project(head.points)[1] < 2 * BEHIND * head.height)
        points = np.where(solid[:, None], lifted, head.points)
        towards = self.camera.position - points
        cosine = (windows.normals * towards).sum(1) / np.linalg.norm(towards, axis=1)
        fold = windows.spread > 0.05 * head.height  # a fold or silhouette
        trust = np.clip((cosine - 0.1) / 0.4, 0, 1) * np.where(fold, 0.3, 1.0) * windows.share * solid
        return replace(head, points=points, normals=windows.normals, trust=trust)


def compare(
    head: Head, camera: Camera, shown: Face, fitted: bool, free: bool, skin_prior: LinearPrior
) -> Compared | None:
    """Look at head and portrait through the camera; None when no face is read there.

    Args:
        fitted: the head has the portrait's skin, not the mean one, and flow is asked. free: the portrait is read
            anew; else its landmarks stay (pins hold them), and the mean skin is nearer to what they mean.
        skin_prior: what skins look like.
    """
    frame, pixels = frame_head(head, camera), shown.points
    portrait = None if shown.picture is None else frame.cut(shown.picture)
    made = frame.skinned(skin_prior, portrait if fitted else None)
    there = square_around(pixels)
    x, y = frame.inwards(np.array([there.x, there.y]))
    square = Square(x, y, there.side * frame.scale, there.angle)
    face = both_ways_in(made, square)
    places = face.points[:, :2].astype(np.float64)
    away = np.median(np.linalg.norm(places - frame.inwards(camera.project(head.landmarks.points)[0]), axis=1))
    if face.presence < MIN_PRESENCE or away > 0.06 * SIZE * FILL:  # they were misread
        return None
    found = frame.lift(places, head.landmarks)
    if not free or portrait is None:
        return Compared(found, pixels)
    shift = both_ways_in(portrait, square).points[:, :2] - places
    if fitted:
        flowed, back = flow_at(made, portrait, places)
        tall = face_height(pixels) * frame.scale
        # the flow counts half so many face heights from the reading, and so far from where its way back ends
        sure = 1 / (1 + ((flowed - shift) ** 2).sum(1) / (0.05 * tall) ** 2) ** 2
        sure /= 1 + ((flowed + back) ** 2).sum(1) / (0.008 * tall) ** 2
        shift = shift + sure[:, None] * (flowed - shift)
        found = replace(found, trust=found.trust * (READ_ONLY + (1 - READ_ONLY) * sure))
    return Compared(found, frame.outwards(places + shift))


def frame_head(head: Head, camera: Camera) -> Frame:
    """The head through the camera."""
    mesh, (face, _) = head.mesh, camera.project(head.landmarks.points)
    low, high = face.min(0), face.max(0)
    middle, scale = (low + high) / 2, SIZE * FILL / max(float((high - low).max()), 1.0)
    pixels, depth = camera.project(mesh.vertices.astype(np.float64))
    fragments = rasterize(mesh.corners((pixels - middle) * scale + SIZE / 2), SIZE, SIZE, depth=mesh.corners(depth))
    far = np.where(fragments.covered, fragments.interpolate(mesh.corners(depth)[..., None])[..., 0], np.inf)
    facing = fragments.interpolate(mesh.corners(head.normals))
    facing /= np.maximum(np.linalg.norm(facing, axis=-1, keepdims=True), 1e-6)
    return Frame(camera, middle, scale, fragments, far, facing, fragments.interpolate(mesh.corners(head.canonical)))


def flow_at(start: np.ndarray, end: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,2) optical flow (Kroeger et al. 2016) at places of one (S,S,3) picture, and (n,2) from where it ends back."""
    one, other = (
        np.clip(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) * 255, 0, 255).astype(np.uint8) for picture in (start, end)
    )
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    # patches that take over their neighbours' motion carry one wrong match far: a picture changed by a thousandth gave
    # a flow that lay .1 to .6 % of the face's height elsewhere, not .04 to .07
    search.setUseSpatialPropagation(False)
    # averaged over 1.5 pixels
    there, back = (cv2.GaussianBlur(search.calc(*pair, None), (0, 0), 1.5) for pair in ((one, other), (other, one)))
    moved = sample(there, places)
    return moved, sample(back, places + moved)
