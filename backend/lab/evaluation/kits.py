"""python -m backend.lab evaluate kits: what a linear prior knows of skins that its kit does not hold.

A PCA of one kit's faces (and their mirror images) completes faces of the same kit that it was not fitted to, faces of
the other kit, and hidden skin of real people. Kit skins are whole: what real portraits show of a head is shown of them,
the rest is scored. A prior that does well on its own kit alone knows the kit. Errors are by face, never by texture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ...imaging.sample import spread
from ...networks.sizes import CANVAS
from ...prior.linear import LinearPrior
from ..faces.observing import Seen
from ..pca import complete_alone, fit_mirrored
from .hidden import cell, observed
from .hidden_parts import PARTS, hide, part
from .hidden_scores import measure
from .metrics import mean_error, psnr, table
from .options import bare_parser, write

#: Components of each prior, as many as it has faces for at most; confidence from which a texel counts as seen.
COMPONENTS, SEEN = 100, 0.3


class Skins:
    """The skins of an aligned atlas (texhub align) without its creatures."""

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as data:
            kept = data["style"] != "creature"
            self.valid = data["valid"][kept] > 0
            self.textures = data["textures"][kept].astype(np.float32) / 255
            self.names, self.faces, self.positions = data["names"][kept], data["face"][kept], data["positions"]
        self.kits = np.array([str(name).split("/")[0] for name in self.names])

    def prior(self, kits: Sequence[str], without: int = -1) -> LinearPrior:
        """Fitted to those kits' skins but a face's."""
        chosen = np.nonzero(np.isin(self.kits, kits) & (self.faces != without))[0]
        small = [
            cv2.resize(spread(self.textures[i], self.valid[i]), (CANVAS, CANVAS), interpolation=cv2.INTER_AREA)
            for i in chosen
        ]
        return fit_mirrored(np.stack(small), min(COMPONENTS, 2 * len(small) - 2))


def unseen(prior: LinearPrior, texture: np.ndarray, valid: np.ndarray, confidence: np.ndarray) -> float:
    """dB over the valid texels that a portrait with that (S,S) confidence does not show of a (S,S,3) skin."""
    shown = confidence * valid
    made = complete_alone(prior, texture, shown)
    return psnr(made, texture, valid & (confidence < SEEN))


def on_kits(skins: Skins, views: Sequence[np.ndarray], trained: Sequence[str], tested: str) -> list[float]:
    """dB by face of a kit, each completed by a prior that was not fitted to it."""
    scores, whole = [], skins.prior(trained)
    of_kit = skins.kits == tested
    for face in np.unique(skins.faces[of_kit]):
        own = skins.faces == face
        prior = skins.prior(trained, int(face)) if (own & np.isin(skins.kits, trained)).any() else whole
        values = []
        for i in np.nonzero(own & of_kit)[0]:
            view = int(hashlib.sha256(str(skins.names[i]).encode()).hexdigest()[:8], 16) % len(views)
            values.append(unseen(prior, skins.textures[i], skins.valid[i], views[view]))
        scores.append(float(np.mean(values)))
    return scores


def on_people(prior: LinearPrior, seen: Sequence[tuple[str, Seen]], positions: np.ndarray) -> list[float]:
    """dB of hidden skin by person, the mean over parts."""
    scores = []
    for person, one in seen:
        cases = [hide(one, part(name, person, one.confidence), positions, prior) for name in PARTS]
        scores.append(float(np.mean([measure(complete_alone(prior, *case.evidence), case)["psnr"] for case in cases])))
    return scores


def main(argv: list[str] | None = None) -> int:
    parser = bare_parser("kits", __doc__)
    parser.add_argument("--atlas", type=Path, required=True, metavar="NPZ", help="aligned skins (texhub align)")
    parser.add_argument("--observations", type=Path, required=True, metavar="DIR", help="of real people (faces build)")
    parser.add_argument("--count", type=int, default=30, help="people (default 30)")
    parser.add_argument("--output", type=Path, metavar="JSON", help="also write all values here")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    skins, seen = Skins(arguments.atlas), list(observed(arguments.observations, "test", arguments.count))
    views, positions = [one.confidence for _, one in seen], np.nan_to_num(skins.positions)
    kits = sorted(set(skins.kits.tolist()))
    found = {}
    for trained in [*([kit] for kit in kits), kits]:
        row = {tested: on_kits(skins, views, trained, tested) for tested in kits}
        found[" and ".join(trained)] = row | {"real people": on_people(skins.prior(trained), seen, positions)}
    rows = [[name, *(cell(mean_error(values)) for values in row.values())] for name, row in found.items()]
    print("dB of unseen skin. Mean ± standard error over faces.\n")
    print(table(["PCA of", *(f"on {name}" for name in next(iter(found.values())))], rows))
    write(arguments.output, found)
    return 0
