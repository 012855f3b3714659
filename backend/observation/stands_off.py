"""What the portraits show of what stands off the skin, seen on the head's shell (head/shell.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..head.atlas import AtlasMap
from ..head.match import Match
from ..head.mesh import HeadMesh
from ..head.scalp import scalp_share
from ..head.shell import NEAR, at_vertices, come_down, find_thickness, outward, push_out, through_shell
from ..imaging.sample import fill_smoothly, masked_blur, sample
from ..prior.hairline import hairline
from .covering import ALONE, exposed_alike
from .hair import near_color
from .observe import SURE, at_pixels, held
from .tone import fade_from
from .views import View, share_out

#: Share of what stands off at which its soft border begins to count, and counts in full: outside the wall shines
#: through.
FAINT = (0.3, 0.8)
#: Where no portrait shows the shell it goes on from where one does, over these shares of the atlas.
GOES_ON = (0.01, 0.03, 0.06)
#: How sure two portraits must be of the alpha to be compared there, and the difference of the two around a place from
#: which a further one is doubted, and is left out: borders that lie a little apart make 0.2, a lock that one has not 1.
COMPARED, CONTRADICTS = 0.1, (0.25, 0.5)
#: Looks at the shell as thick as it is found: where it ends tells how thick it is there.
LOOKS = 2


@dataclass(frozen=True)
class Shell:
    """The head pushed out, and what the portraits show of it.

    mesh: the head with its vertices moved. thickness: (N,) by how much, mesh units. views: the portraits, the first one
    leading, with the shell's z-buffer; observations of what stands off the skin. colour: (S,S,3) sRGB without light,
    continued over the whole atlas. unseen: (S,S) 0..1 alpha, where no portrait shows the shell. believed: (S,S) 0..1 of
    each view, how far it is.
    """

    mesh: HeadMesh
    thickness: np.ndarray
    views: tuple[View, ...]
    colour: np.ndarray
    unseen: np.ndarray
    believed: tuple[np.ndarray, ...]


def see_shell(match: Match, layout: AtlasMap, views: Sequence[View]) -> Shell:
    """Find how thick the shell is, and what the portraits show on it.

    Args:
        layout: the head in the atlas, at the observations' texels. views: the portraits, the first one leading.
    """
    mesh, height = match.mesh, match.head.height
    lead = views[0]
    scalp = scalp_share(layout.fragments.interpolate(mesh.corners(layout.canonical.astype(np.float32))))
    directions = outward(layout, mesh, lead.registration.normals)
    farthest = find_thickness(layout, mesh, directions, height, [(view.registration, stands(view)) for view in views])
    thickness = at_vertices(farthest, match.canonical)
    for look in range(LOOKS):
        shell = push_out(mesh, directions, thickness)
        seen = [see_through(view, shell, layout, directions, height) for view in views]
        believed = believe(seen)
        seen = [one.trusted(share) for one, share in zip(seen, believed, strict=True)]
        colour, unseen, alpha = continue_shell(seen, scalp)
        if look + 1 < LOOKS:
            thickness = at_vertices(come_down(farthest, alpha, NEAR * height), match.canonical)
    first = seen[0].view
    further = (replace(one.view, first=first.observation) for one in seen[1:])
    return Shell(shell, thickness, (first, *further), colour, unseen, tuple(believed))


def stands(view: View) -> Callable[[np.ndarray], np.ndarray]:
    """(…,2) pixels of a portrait to (…,) 0..1, what stands off the skin there."""
    standing = standing_of(view)
    return lambda pixels: at_pixels(standing, pixels)


def standing_of(view: View) -> np.ndarray:
    """(H,W) float32 0..1, what stands off the skin in a portrait: hair, beard, headwear, glasses."""
    whole = np.maximum.reduce(list(view.masks.values()))
    return np.clip((whole - FAINT[0]) / (FAINT[1] - FAINT[0]), 0, 1).astype(np.float32)


def standing_at(
    view: View, points: np.ndarray, normals: np.ndarray, canonical: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of (…,3) points of the shell: (…,2) portrait pixels, (…,) alpha 0..1 there, and (…,) how sure that is."""
    pixels, depth = view.registration.project(points)
    alpha, further = stands(view)(pixels), view.first is not None
    sure = view.registration.confidence(points, normals, pixels, depth, 0.0 if further else 1.0) * held(canonical)
    if further:  # the shell is as thick as the first one's outline says; others look past it, and a wall is no skin
        sure = sure * at_pixels(view.person, pixels)
    return pixels, alpha, sure


def share_alpha(sure: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Shares (…,) of several portraits in the alpha, by how sure (…,) it is of each.

    What the first one tells at all stays: portraits lie a little off each other, and where one takes a lock for skin
    the shell would have a hole.
    """
    first, *others = sure
    return share_out([np.clip(first / SURE, 0, 1), *others] if others else sure)


@dataclass(frozen=True)
class ShellView:
    """A portrait as the shell shows it. view: its colours of what stands off alone. sure: (S,S) 0..1 how sure its alpha
    is. alpha: (S,S) 0..1."""

    view: View
    sure: np.ndarray
    alpha: np.ndarray

    def trusted(self, share: np.ndarray) -> ShellView:
        """With (S,S) 0..1 of its confidence."""
        seen = self.view.observation
        seen = replace(seen, confidence=seen.confidence * share)
        return ShellView(replace(self.view, observation=seen), self.sure * share, self.alpha)


def see_through(view: View, shell: HeadMesh, layout: AtlasMap, directions: np.ndarray, height: float) -> ShellView:
    """A portrait as the shell shows it.

    Args:
        directions: (N,3) of the vertices. height: of the face, mesh units.
    """
    seen, fragments = view.observation, layout.fragments
    registration = through_shell(view.registration, shell, seen.portrait.shape[:2], 1.6 * height)
    view = replace(view, registration=replace(registration, normals=directions), gains={})
    points, normals, canonical = (
        fragments.interpolate(shell.corners(part.astype(np.float32)))
        for part in (shell.vertices, directions, layout.canonical)
    )
    places, alpha, sure = standing_at(view, points.astype(np.float64), normals, canonical)
    observation = replace(
        seen,
        low=masked_blur(seen.portrait, np.maximum(view.person, 0.02), registration.face_height / 60 * 1.3),
        mask=view.person,
        places=places.astype(np.float32),
        confidence=(sure * (alpha > ALONE) * at_pixels(view.person, places) * fragments.covered).astype(np.float32),
        unlit=exposed_alike(sample(seen.portrait, places), seen),
        shade=np.full_like(seen.shade, seen.exposure),
        evened=None,
    )
    sure = (sure * fragments.covered).astype(np.float32)
    return ShellView(replace(view, observation=observation, visible=sure), sure, alpha.astype(np.float32))


def believe(seen: Sequence[ShellView]) -> list[np.ndarray]:
    """(S,S) 0..1 of each view, how far its shell is believed: around what the first portrait contradicts, it alone is.

    Where one parse takes a lock for skin, that portrait would make a hole, and show the lock on the skin beside it.
    """
    first, *others = seen
    believed = [np.ones_like(first.sure)]
    for one in others:
        both = np.clip(np.minimum(first.sure, one.sure) / COMPARED, 0, 1)
        apart = np.abs(first.alpha - one.alpha) * (both > 0.05)
        apart = fade_from(np.repeat(apart[..., None], 3, 2), both, GOES_ON)[0][..., 0]
        believed.append(np.clip((CONTRADICTS[1] - apart) / np.ptp(CONTRADICTS), 0, 1).astype(np.float32))
    return believed


def continue_shell(seen: Sequence[ShellView], scalp: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(S,S,3) unlit colour all over the atlas; (S,S) alpha where nothing was seen; (S,S) alpha of both.

    What one side shows the other has, too. Hair goes on as far as hair grows (prior/hairline.py), beards and the like a
    little.

    Args:
        scalp: (S,S) 0..1, its share of each texel.
    """
    shares, colour = share_alpha([one.sure for one in seen]), continue_colour([one.view for one in seen], scalp)
    known = np.sum(shares, 0).astype(np.float32)
    alpha = sum(share * one.alpha for share, one in zip(shares, seen, strict=True)).astype(np.float32)
    mean = np.repeat(alpha[..., None], 3, 2) / np.maximum(known, 1e-3)[..., None]
    unseen = np.clip(fade_from(mean, known, GOES_ON)[0][..., 0], 0, 1)
    if max(seen[0].view.masks[name].max() for name in ("hair", "headwear")) > ALONE:
        unseen = np.maximum(unseen, hairline().find_cover(mean[..., 0], known))
    unseen = (alpha[:, ::-1] + (1 - known[:, ::-1]) * unseen).astype(np.float32)
    return colour, unseen, (alpha + (1 - known) * unseen).astype(np.float32)


def continue_colour(views: Sequence[View], scalp: np.ndarray) -> np.ndarray:
    """(S,S,3) unlit sRGB of what stands off: as seen, else as the nearest that is seen; on the (S,S) scalp as the
    nearest hair in the picture, which shows more of it than the head does."""
    shares = share_out([view.observation.confidence for view in views])
    total = np.sum(shares, 0)
    unlit = sum(share[..., None] * view.observation.unlit for share, view in zip(shares, views, strict=True))
    unlit = (unlit / np.maximum(total, 1e-6)[..., None]).astype(np.float32)
    around = [np.concatenate([part] * 3, 1) for part in (unlit, total > SURE)]
    colour = fill_smoothly(*around)[:, len(unlit) : 2 * len(unlit)]
    lead, height = views[0].observation, views[0].registration.face_height
    mask = np.maximum(views[0].masks["hair"], views[0].masks["headwear"])
    hair = near_color(lead.portrait, mask, lead.places, height)
    if hair is None:
        return colour
    hair = exposed_alike(hair, lead)
    if len(views) > 1:  # beside what a further portrait shows its colour goes on, not the first one's
        told = np.clip(sum(shares[1:]) / SURE, 0, 1).astype(np.float32)
        hair = np.clip(hair + fade_from((unlit - hair) * (told > 0.05)[..., None], told)[0], 0, 1)
    return (colour + (scalp * (1 - np.clip(total / SURE, 0, 1)))[..., None] * (hair - colour)).astype(np.float32)
