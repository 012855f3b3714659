"""What covers the skin and lies off it, found, continued and placed on the head's shell (head/shell.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..head.atlas import AtlasMap
from ..head.match import Match
from ..head.mesh import HeadMesh
from ..head.scalp import scalp_share
from ..head.shell import NEAR, at_vertices, come_down, find_thickness, outward, push_out, through_shell
from ..imaging.sample import fill_smoothly, sample
from ..prior.hairline import hairline
from .covering import ALONE, Evidence, exposed_alike, join
from .observe import SURE, at_pixels, held, low_pass
from .tone import fade_from
from .views import View, hair_near, share_out

#: Cover at which a soft border begins to count, and counts in full: outside the wall shines through.
FAINT = (0.3, 0.8)
#: Where no portrait shows the shell it goes on from where one does, over these shares of the atlas.
GOES_ON = (0.01, 0.03, 0.06)
#: Difference of two portraits' alpha around a place from which a further one is doubted, and is left out: borders that
#: lie a little apart make 0.2, a lock that one has not 1.
CONTRADICTS = (0.25, 0.5)
#: Times that the portraits are looked up, at the thickness found so far: where the shell ends sets how thick it is.
ROUNDS = 2


@dataclass(frozen=True)
class Shell:
    """The head's surface moved outwards, and what the portraits show of it.

    mesh: the head with its vertices moved. thickness: (N,) by how much, mesh units. views: the portraits, the first one
    leading, with the shell's z-buffer; their observations are of what lies off the skin. colour: (S,S,3) sRGB without
    light, continued over the whole atlas. unseen: (S,S) 0..1 alpha, where no portrait shows the shell. believed: (S,S)
    0..1 of each view, how far it is.
    """

    mesh: HeadMesh
    thickness: np.ndarray
    views: tuple[View, ...]
    colour: np.ndarray
    unseen: np.ndarray
    believed: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class ShellView:
    """A portrait on the shell. evidence: its alpha, how sure that is, and its colour."""

    view: View
    evidence: Evidence

    def trusted(self, share: np.ndarray) -> ShellView:
        """With (S,S) 0..1 of its confidence."""
        seen = self.view.observation
        view = replace(self.view, observation=replace(seen, confidence=seen.confidence * share))
        return ShellView(view, replace(self.evidence, sure=self.evidence.sure * share))


def find_shell(match: Match, layout: AtlasMap, views: Sequence[View]) -> Shell:
    """Find how thick the shell is, and what the portraits show on it.

    Args:
        layout: the head in the atlas, at the observations' texels. views: the portraits, the first one leading.
    """
    mesh, height = match.mesh, match.head.height
    scalp = scalp_share(layout.fragments.interpolate(mesh.corners(layout.canonical.astype(np.float32))))
    directions = outward(layout, mesh, views[0].registration.normals)
    looked_up = [(view.registration, partial(at_pixels, cover_of(view))) for view in views]
    farthest = find_thickness(layout, mesh, directions, height, looked_up)
    thickness = at_vertices(farthest, match.canonical)
    for number in range(ROUNDS):
        shell = push_out(mesh, directions, thickness)
        seen = [view_on_shell(view, shell, layout, directions, height) for view in views]
        believed = believe([one.evidence for one in seen])
        seen = [one.trusted(share) for one, share in zip(seen, believed, strict=True)]
        colour, unseen, alpha = continue_shell(seen, scalp)
        if number + 1 < ROUNDS:
            thickness = at_vertices(come_down(farthest, alpha, NEAR * height), match.canonical)
    first = seen[0].view
    further = (replace(one.view, first=first.observation) for one in seen[1:])
    return Shell(shell, thickness, (first, *further), colour, unseen, tuple(believed))


def cover_of(view: View) -> np.ndarray:
    """(H,W) float32 0..1, what covers the skin in a portrait: hair, beard, headwear, glasses."""
    whole = np.maximum.reduce(list(view.masks.values()))
    return np.clip((whole - FAINT[0]) / (FAINT[1] - FAINT[0]), 0, 1).astype(np.float32)


def alpha_at(
    view: View, points: np.ndarray, normals: np.ndarray, canonical: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of (…,3) points of the shell: (…,2) portrait pixels, (…,) alpha 0..1 there, and (…,) how sure that is."""
    pixels, depth = view.registration.project(points)
    alpha, further = at_pixels(cover_of(view), pixels), view.first is not None
    sure = view.registration.confidence(points, normals, pixels, depth, 0.0 if further else 1.0) * held(canonical)
    if further:  # the shell is as thick as the first one's outline says; others look past it, and a wall is no skin
        sure = sure * at_pixels(view.person, pixels)
    return pixels, alpha, sure


def share_alpha(sure: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Shares (…,) of several portraits in the alpha, by how sure (…,) it is of each.

    What the first one shows at all stays: portraits lie a little off each other, and where one takes a lock for skin
    the shell would have a hole.
    """
    first, *others = sure
    return share_out([np.clip(first / SURE, 0, 1), *others] if others else sure)


def view_on_shell(view: View, shell: HeadMesh, layout: AtlasMap, directions: np.ndarray, height: float) -> ShellView:
    """A portrait looked up at the shell.

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
    places, alpha, sure = alpha_at(view, points.astype(np.float64), normals, canonical)
    observation = replace(
        seen,
        low=low_pass(seen.portrait, view.person, registration.face_height),
        mask=view.person,
        places=places.astype(np.float32),
        confidence=(sure * (alpha > ALONE) * at_pixels(view.person, places) * fragments.covered).astype(np.float32),
        unlit=exposed_alike(sample(seen.portrait, places), seen),
        shade=np.full_like(seen.shade, seen.exposure),
        evened=None,
    )
    sure = (sure * fragments.covered).astype(np.float32)
    evidence = Evidence(sure, alpha.astype(np.float32), observation.unlit)
    return ShellView(replace(view, observation=observation, visible=sure), evidence)


def believe(evidence: Sequence[Evidence]) -> list[np.ndarray]:
    """(S,S) 0..1 of each portrait, how far its shell is believed: around what the first one contradicts, that alone is.

    Where one parse takes a lock for skin, that portrait would make a hole, and show the lock on the skin beside it.
    """
    first, *others = evidence
    believed = [np.ones_like(first.sure)]
    for one in others:
        both = np.clip(np.minimum(first.sure, one.sure) / 0.1, 0, 1)  # how sure both must be of the alpha
        apart = np.abs(first.shown - one.shown) * (both > 0.05)
        apart = fade_from(np.repeat(apart[..., None], 3, 2), both, GOES_ON)[0][..., 0]
        believed.append(np.clip((CONTRADICTS[1] - apart) / np.ptp(CONTRADICTS), 0, 1).astype(np.float32))
    return believed


def continue_shell(seen: Sequence[ShellView], scalp: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(S,S,3) unlit colour all over the atlas; (S,S) alpha where no portrait shows it; (S,S) alpha of both.

    What one side shows the other has, too. Hair goes on as far as hair grows (prior/hairline.py), beards and the like a
    little.

    Args:
        scalp: (S,S) 0..1, its share of each texel.
    """
    whole = join([one.evidence for one in seen], share_alpha([one.evidence.sure for one in seen]))
    known, alpha = whole.sure, whole.sure * whole.shown
    unseen = np.clip(fade_from(np.repeat(whole.shown[..., None], 3, 2), known, GOES_ON)[0][..., 0], 0, 1)
    if max(seen[0].view.masks[name].max() for name in ("hair", "headwear")) > ALONE:
        unseen = np.maximum(unseen, hairline().find_cover(whole.shown, known)[0])
    unseen = (alpha[:, ::-1] + (1 - known[:, ::-1]) * unseen).astype(np.float32)
    return continue_colour(seen, scalp), unseen, (alpha + (1 - known) * unseen).astype(np.float32)


def continue_colour(seen: Sequence[ShellView], scalp: np.ndarray) -> np.ndarray:
    """(S,S,3) unlit sRGB of what lies off the skin: the portraits', else the nearest that they show; on the (S,S) scalp
    that of the nearest hair in the picture, which shows more of it than the head does."""
    shares = share_out([one.view.observation.confidence for one in seen])
    whole = join([one.evidence for one in seen], shares)
    around = [np.concatenate([part] * 3, 1) for part in (whole.color, whole.sure > SURE)]
    colour = fill_smoothly(*around)[:, len(scalp) : 2 * len(scalp)]
    lead = seen[0].view
    hair = hair_near(lead, np.maximum(lead.masks["hair"], lead.masks["headwear"]))
    if hair is None:
        return colour
    if len(seen) > 1:  # beside what a further portrait shows its colour goes on, not the first one's
        known = np.clip(sum(shares[1:]) / SURE, 0, 1).astype(np.float32)
        hair = np.clip(hair + fade_from((whole.color - hair) * (known > 0.05)[..., None], known)[0], 0, 1)
    bare = scalp * (1 - np.clip(whole.sure / SURE, 0, 1))
    return (colour + bare[..., None] * (hair - colour)).astype(np.float32)
