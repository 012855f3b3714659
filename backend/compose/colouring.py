"""The layers of every texel that the head fills: portrait, other side, completion and detail, on all cores."""

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.atlas import to_atlas
from ..head.enclosed import ENCLOSED, open_places
from ..head.mesh import HeadMesh, vertex_normals
from ..imaging.sample import LUMINANCE, Wrapped, add_at, picked, planar, sample_atlas
from ..job import Completion, Prepared
from ..layers.flatten import LAYERS, Blend
from ..observation.covering import COVERINGS, Covering, near_skin
from ..observation.observe import SURE
from ..observation.relight import light_beside, relit, rooted
from ..observation.tone import fade_from
from ..prior.hairline import hairline
from ..surface.bare import between_parts
from ..surface.find import Details
from .photographed import Photographed, Places, find_shown, look_up, tone_beside
from .texels import Texels

#: What counts as shown and completed together with the skin; headwear is left out unless it is asked for.
WORN = ("facial_hair", "hair")
#: Reach, as a share of the atlas, over which skin below hair becomes the skin beside it.
BELOW = 0.03
#: sRGB that keeps ratios finite.
FAINT = 0.02
#: sRGB value that keeps the light's gain finite on black, and the most that it can be (layers.flatten.encode).
TINY, BRIGHTEST = 0.004, 1.99
#: Depth inside the head, in face heights, over which each channel's light is lost (the inner mouths of training skins:
#: 0.6 of the lips' colour at 0.08, 0.1 at 0.125, black beyond).
FLESH = np.float32([0.10, 0.09, 0.09])
#: Canonical height where mouth and nostrils end; what is enclosed above belongs to the eyes and stays bright.
MOUTH_TOP = 0.16
#: Canonical heights between which a neck becomes what is no head: the atlas ends there, and its last rows would be
#: drawn out into streaks over chest and shoulders.
BUST_FROM, BUST_TO = -0.55, -0.75
#: Share of a photograph over which a strand goes over into it; cover below which there is none.
SOFT, NOTHING = 0.3, 0.004
#: Texels of a part: it and what is reckoned with it fit into the processor's cache and little memory.
PART = 1 << 16


@dataclass(frozen=True)
class Coloured:
    """n texels. layers: (C,n) float32 by name of layers.flatten.LAYERS. provenance: (n,3) shares of photo, mirrored,
    generated. atlas: (n,2) where they lie in the atlas. height: (n,) canonical. shares: (portraits,n) of each portrait.
    """

    layers: dict[str, np.ndarray]
    provenance: np.ndarray
    atlas: np.ndarray
    height: np.ndarray
    shares: np.ndarray


class Colouring:
    """What all texels of one UDIM tile are coloured from; the arguments are compose()'s."""

    def __init__(self, job: Prepared, mesh: HeadMesh, generated: Completion, made_up: bool, details: Details) -> None:
        self.job, self.mesh, self.made_up, self.details = job, mesh, made_up, details
        self.shown = [find_shown(view) for view in job.views]
        gains = [{lit: view.gain(generated, lit) for lit in (False, True)} for view in job.views]
        self.gains = [
            {lit: None if of is None else Wrapped.of(rooted(of)) for lit, of in each.items()} for each in gains
        ]
        self.light = Wrapped.of(rooted(light_beside(job.observation, gains[0][False])))
        bare, covers = part_coverings(generated, job)
        self.bare, self.tone = Wrapped.of(bare), Wrapped.of(tone_beside(job.views, generated))
        # how much of each there is, and its colours, which are looked up where there is some
        self.covers = {
            name: (Wrapped.of(one[..., 3::4]), Wrapped.of(one[..., (0, 1, 2, 4, 5, 6)])) for name, one in covers.items()
        }
        # rows and columns of the throat, whose skin that is given instead
        top, bottom, left, right = (round(share * len(generated)) for share in (0.90, 0.97, 0.35, 0.65))
        self.neck = np.median(generated[top:bottom, left:right].reshape(-1, 3), axis=0).astype(np.float32)
        # mouth and nostrils go on from what they hang on; in the middle of sockets' rims eyes are painted
        below = np.clip((MOUTH_TOP - job.canonical[:, 1:2]) / 0.04, 0, 1)
        hung = open_places(job.mesh, job.canonical, job.inside) - job.canonical
        # at vertices: place, normal, canonical place, depth inside the head, canonical normal
        self.vertices = np.concatenate(
            [
                mesh.vertices,
                job.registration.normals,
                job.canonical + below * hung,
                job.inside[:, None],
                vertex_normals(mesh, job.canonical),
            ],
            1,
        ).astype(np.float32, order="F")
        hidden = {name for name in COVERINGS if not any(name in view.masks for view in job.views)}
        #: The layers that a texture of these portraits has, with their channels.
        self.layers = {name: 4 if blend is Blend.OVER else 3 for name, blend in LAYERS.items() if name not in hidden}

    def colour(self, texels: Texels, part: slice = slice(None)) -> Coloured:
        """Colour a part of the texels, of PART or about as many; several threads may."""
        points, normals, place, depth, towards = np.split(
            texels.at(self.mesh, self.vertices, part), (3, 6, 9, 10), axis=1
        )
        depth = np.maximum(depth[:, 0], 0)  # extended beyond a border it may fall below
        outside = depth < ENCLOSED
        atlas = planar(to_atlas(place))
        at = Places(points, normals, place, atlas, outside, outside * np.float32(not self.made_up))
        photo = look_up(self.job.views, self.shown, self.gains, at)
        low = planar(sample_atlas(self.bare, atlas, cv2.INTER_CUBIC)) + planar(sample_atlas(self.tone, atlas))
        below = np.clip((BUST_FROM - place[:, 1]) / (BUST_FROM - BUST_TO), 0, 1)[:, None]
        low = dim_mouth(low + below * (self.neck - low), depth, place[:, 1])
        low = low * (1 - photo.skin[:, None]) + photo.low
        mirrored = photo.mirrored * (1 - photo.high_share)
        high = photo.high + photo.mirrored_high * mirrored[:, None]
        pores = between_parts(atlas)[:, None]  # what is fine on brows, lashes and lips is no pores
        skin = np.clip(low + (1 - pores) * high, 0, 1)
        missing = np.sqrt(np.maximum(1 - photo.high_share**2 - mirrored**2, 0)) * outside
        detail = pores * high
        if self.details.skin is not None:
            whole = np.clip(skin + detail, 0, 1)
            detail = detail + (self.details.skin.add(whole, missing, place, towards, atlas) - whole)
        colour = np.clip(skin + detail, 0, 1)
        lit = relit(colour, planar(sample_atlas(self.light, atlas)))
        own = np.clip(2 * photo.skin / np.maximum(photo.share, 1e-3) - 1, 0, 1) * photo.share  # not a fringe's shade
        lit = lit + own[:, None] * (photo.lit / np.maximum(photo.share, 1e-3)[:, None] - lit)
        short = np.maximum((lit + TINY) / BRIGHTEST - TINY - colour, 0)  # darker than the light's gain could make good
        skin, colour = skin + short, colour + short
        folds = 1 + (photo.folds - 1) * colour / np.maximum(skin, TINY)  # they lie on the detail, too
        layers = {"skin": skin, "folds": np.clip(folds, 0, BRIGHTEST), "detail": detail}
        for name in COVERINGS:
            if name in self.layers:
                layers[name] = self._cover(name, photo, at, colour)
        layers["light"] = np.clip((lit + TINY) / (colour + TINY), 0, BRIGHTEST)
        shown = photo.skin + sum((photo.covers[name] for name in WORN if name in photo.covers), np.float32(0))
        provenance = np.stack([shown, photo.mirrored, 1 - shown - photo.mirrored]).T
        layers = {name: values.T for name, values in layers.items()}
        return Coloured(layers, provenance, atlas, place[:, 1], np.stack(photo.shares))

    def _cover(self, name: str, photo: Photographed, at: Places, skin: np.ndarray) -> np.ndarray:
        """(n,4) planar() sRGB and alpha of one covering: the portraits' pixels where they show it, else what continues
        them."""
        made, seen = np.zeros((4, len(at.atlas)), np.float32), photo.covers.get(name)
        seen = np.zeros(made.shape[1], np.float32) if seen is None else seen
        completed, strands = self.covers.get(name), self.details.strands.get(name)
        amounts = seen[:, None] if completed is None else planar(sample_atlas(completed[0], at.atlas))
        index = np.flatnonzero((seen > 0) | (amounts > 0).any(1))  # it has no colour elsewhere
        if not len(index):
            return made.T
        seen, share, skin = seen.take(index), photo.share.take(index), picked(skin, index)
        least = np.maximum(share, 1e-3)
        # where a pixel is half covered the covering's own colour is what is left without the skin
        own = picked(photo.bare, index) / least[:, None] - skin
        own = np.clip(skin + own / np.clip(seen / least, 0.1, 1)[:, None], 0, 1)
        if completed is None:
            made[:3, index], made[3, index] = own.T, seen
            return made.T
        cover, grown = picked(amounts, index).T
        found = planar(sample_atlas(completed[1], picked(at.atlas, index)))
        color, hair, left = found[:, :3], found[:, 3:], 1 - share
        if strands is None:
            color = color + grown[:, None] * (hair - color)
        else:
            drawn = np.flatnonzero(grown > NOTHING)  # strands end where less grows
            shown = share[drawn]
            place = picked(at.canonical, index[drawn])
            laid, there, gives = strands.laid_on(picked(hair, drawn), grown[drawn], place)
            add_at(color, drawn, (laid - picked(color, drawn)) * there[:, None])
            cover = cover.copy()
            cover[drawn] = np.maximum(cover[drawn], there)
            # photographed and drawn hair meet within strands: each ousts so much of what shows
            least_shown = np.maximum(shown, 1e-3)
            kept = np.clip((shown - (1 - SOFT) * gives) / SOFT, 0, 1) / least_shown
            kept = 1 + (kept - 1) * np.clip(seen[drawn] / least_shown, 0, 1) * cover[drawn]
            seen[drawn] *= kept
            left[drawn] = 1 - shown * kept
        cover = cover * left * at.outside[index]
        alpha = seen + cover
        color = (own * seen[:, None] + color * cover[:, None]) / np.maximum(alpha, 1e-4)[:, None]
        made[:3, index], made[3, index] = color.T, alpha
        return made.T


def part_coverings(generated: np.ndarray, job: Prepared) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The completion, which has its hair, taken apart: (a,a,3) sRGB of bare skin, and of each covering by name (a,a,8)
    sRGB and alpha that give over the skin what was completed, sRGB of hair alone, and how far it goes on there."""
    near = near_skin(job.observation)
    size = (len(generated),) * 2

    def small(part: np.ndarray) -> np.ndarray:
        return cv2.resize(part, size, interpolation=cv2.INTER_AREA)

    found = {one.name: (small(one.cover), small(one.color), small(one.reach), colours_of(one)) for one in job.coverings}
    if not found or near is None:
        return generated.astype(np.float32), {}
    covered = np.maximum.reduce([cover for cover, *_ in found.values()])
    grows = small(hairline().grows) if {"hair", "headwear"} & found.keys() else np.zeros(size, np.float32)
    covered = np.maximum(1.5 * cv2.GaussianBlur(covered, (0, 0), BELOW * size[0]), grows)
    covered, near = np.clip(covered, 0, 1)[..., None], small(near)
    clear = np.clip(1 - 4 * covered, 0, 1)  # of what is a quarter hair the tone is not skin's
    tone, _ = fade_from((generated - near) * clear, clear[..., 0])  # no edge where the scalp begins
    bare = generated + covered * (near + grows[..., None] * tone - generated)
    covers = {}
    for name, (grown, color, reach, (bright, slope)) in found.items():
        cover = grown
        if name in WORN:
            apart = generated - bare  # what was completed where hair may reach is hair, however little shows
            # a difference of 0.25 from the bare skin covers it wholly
            beside = np.abs(apart).max(-1) / 0.25 * (grows * reach if name == "hair" else 0)
            whole = np.clip(np.maximum(cover, beside), 0, 1)
            made = bare + apart / np.maximum(whole, 0.05)[..., None]
            own = color @ LUMINANCE  # the networks err in hair's hue: its lightness is theirs, the hue what shows
            # thinly covered, a completion is mostly skin
            hairy = np.linalg.norm(made - bare, axis=-1) / (np.linalg.norm(color - bare, axis=-1) + FAINT)
            light = own + cover * np.clip(hairy, 0, 1) * (np.minimum(made @ LUMINANCE, bright) - own)
            darker = np.minimum((light + FAINT) / (own + FAINT), 1)[..., None]
            color = color * darker + slope * np.maximum(light - own, 0)[..., None]
            cover = whole
        else:
            made = color
        covers[name] = np.dstack([np.clip(made, 0, 1), cover, np.clip(color, 0, 1), grown]).astype(np.float32)
    return bare.astype(np.float32), covers


def colours_of(covering: Covering) -> tuple[float, np.ndarray]:
    """The luminance of a covering's lightest tenth, and (3,) how its sRGB goes with luminance, as it
    shows; no more colourful than the covering is: what shines through it is."""
    shown = covering.evidence.shown * (covering.evidence.sure > SURE)
    # at 0.74 the lightest tenth of a man's dark brown hair has a luminance of 0.28, at 0.97 of 0.13
    surely = (shown > 0.97 * shown.max()) & (shown > 0)  # no beard is as sure as hair
    if not surely.any():
        return 1.0, np.ones(3, np.float32)
    colour = covering.evidence.color[surely].astype(np.float64)
    light = colour @ LUMINANCE.astype(np.float64)
    apart = light - light.mean()
    slope = (apart @ colour + FAINT**2) / (apart @ light + FAINT**2) - 1
    own = np.average(covering.color.reshape(-1, 3), axis=0, weights=covering.cover.ravel() + 1e-6)
    own = own / max(float(own @ LUMINANCE), FAINT) - 1
    slope *= min(1, float(np.linalg.norm(own) / max(np.linalg.norm(slope), 1e-6)))
    return float(np.quantile(light, 0.9)), (1 + slope).astype(np.float32)


def dim_mouth(colour: np.ndarray, depth: np.ndarray, height: np.ndarray) -> np.ndarray:
    """(n,3) sRGB of texels inside the head: the mouth's inside is no second face, each channel's light is lost there.

    Args:
        depth: (n,) behind the head's shell, in face heights. height: (n,) canonical; above MOUTH_TOP lie the eyes, and
            below the neck shoulders, which shade nothing.
    """
    gloom = depth * np.clip((MOUTH_TOP - height) / 0.04, 0, 1) * np.clip((height - BUST_TO) / 0.1, 0, 1)
    dark = np.flatnonzero(gloom > 0)
    left = np.exp(-((gloom[dark, None] / FLESH) ** 3))
    dimmed = colour.copy("K")
    dimmed[dark] = colour[dark] * left + np.float32([0.08, 0.03, 0.03]) * (1 - left)
    return dimmed
