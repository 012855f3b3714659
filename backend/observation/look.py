"""One registered portrait looked at: its evidence of the skin, and what covers that."""

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.atlas import AtlasMap
from ..head.match import DRAWN, Match
from ..head.scalp import scalp_share
from ..head.shell import NEAR
from ..networks.planes import Network
from ..portrait.parse import Parse
from ..prior.linear import LinearPrior
from .expression import take_folds_off
from .observe import Surface, observe, pulled_in, skin_mask
from .views import View


@dataclass(frozen=True)
class Look:
    """What the portraits of one job are looked at with.

    layout: the head in the atlas. canonical: (S,S,3) of its texels. skin: the prior of unlit skin. studio: takes out
    the light that is not smooth. style: a name of options.STYLE; a drawing's folds are lines and its shadows are drawn.
    """

    layout: AtlasMap
    canonical: np.ndarray
    skin: LinearPrior
    studio: Network | None
    style: str

    @property
    def drawn(self) -> bool:
        return self.style in DRAWN

    @property
    def scalp(self) -> np.ndarray:
        """(S,S) 0..1, the share of scalp of each texel."""
        return scalp_share(self.canonical) * self.layout.fragments.covered

    def at(self, match: Match, portrait: np.ndarray) -> View:
        """A portrait, (H,W,3) float32 sRGB, that the head is registered to."""
        registration, parse = match.registration, match.parse
        shown = portrait if self.drawn else take_folds_off(portrait, parse.face, registration, match.head)
        folds = None if shown is portrait else ((portrait + 0.01) / (shown + 0.01)).astype(np.float32)
        mask = skin_mask(skin_of(parse, registration.face_height), registration)
        surface = Surface.of(match.mesh, self.layout, registration)
        studio = None if self.drawn else self.studio
        masks = coverings_of(parse)
        observation = observe(surface, shown, mask, self.skin, studio, self.style == "photo", masks["hair"])
        person, visible = pulled_in(parse.person, registration.face_height), surface.look_up()[1]
        beyond = surface.beyond(NEAR * match.head.height)
        return View(registration, observation, shown, person, masks, visible.astype(np.float32), beyond, folds)


def skin_of(parse: Parse, face_height: float) -> np.ndarray:
    """(H,W) 0..1 bare skin, away from hair's last strands."""
    sure = parse.hair * (1 - parse.skin)  # a cropped scalp is half of each, and stays
    # hair's last strands, and their shade, reach so far over bare skin
    near_hair = cv2.GaussianBlur(sure.astype(np.float32), (0, 0), face_height * 0.03)
    return parse.skin * np.clip(1 - 4 * near_hair, 0, 1)


def coverings_of(parse: Parse) -> dict[str, np.ndarray]:
    """(H,W) 0..1 by name of COVERINGS; and "glasses", which only a shell has."""
    return {name: getattr(parse, name) for name in ("glasses", "facial_hair", "hair", "headwear")}
