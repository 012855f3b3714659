"""TexHub's textures in folds by face, and the PCAs of them.

A prior that had seen a face completes it far better than it will complete a stranger's; a network that learns on such
starts learns to leave them alone. Cross-fitting shows it the starts that inference has.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ...errors import AvatarTexError, ErrorCode
from ...networks.conditions import STYLES
from ...networks.sizes import CANVAS
from ...prior.linear import LinearPrior
from ..networks.generator import COMPONENTS
from ..pca import fit_many, fit_mirrored
from ..texhub.build import SOURCES
from ..texhub.drawn_styles import NETWORK_STYLE
from ..texhub.report import decoded
from ..texhub.shards import read_shard
from ..texhub.sources import SPLIT, Sources
from .augment import Geometry, new_tone

FOLDS = 4
#: Components of the prior, and tones of each skin that it is fitted on.
COMPLETING, TONES = 64, 4


@dataclass(frozen=True)
class Textures:
    """Encoded TexHub textures (a quarter megabyte each); decoded when drawn. styles: (N,) indices of the networks'."""

    files: list[dict[str, bytes]]
    styles: np.ndarray
    painted: list[str]
    ita: np.ndarray

    def __len__(self) -> int:
        return len(self.files)

    def texture(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """(S,S,3) float32 sRGB and (S,S) float32 0 or 1, where it is data; elsewhere the nearest colours."""
        files = self.files[i]
        valid = decoded(files["valid.png"]) > 252
        return decoded(files["unlit.png"]).astype(np.float32) / 255, valid.astype(np.float32)

    def mask(self, i: int, view: int) -> np.ndarray:
        """(S,S) float32 confidence of a view."""
        return decoded(self.files[i][f"mask{view}.png"]).astype(np.float32) / 255

    @classmethod
    def load(cls, folder: Path) -> Textures:
        """All training shards of a build.

        Raises:
            AvatarTexError: when there is none, or one holds a held-out skin.
        """
        held_out = set(json.loads(SPLIT.read_text(encoding="utf-8"))["held_out"])
        files, styles, painted, angles = [], [], [], []
        for shard in sorted(folder.glob("train-*.tar")):
            for key, texture in read_shard(shard):
                about = json.loads(texture.pop("json"))
                if leaked := held_out & set(about["recipe"]["skins"]):
                    raise AvatarTexError(
                        ErrorCode.BAD_REQUEST,
                        f"Texture {key} was made from held-out skins: {', '.join(sorted(leaked))}.",
                        "Build the data again with the split of this version.",
                    )
                files.append({name: data for name, data in texture.items() if not name.startswith("lit")})
                painted.append(about["recipe"]["style"]["name"])
                styles.append(STYLES.index(NETWORK_STYLE[painted[-1]]))
                angles.append(about["measured"]["ita"])
        if not files:
            raise AvatarTexError(
                ErrorCode.BAD_REQUEST,
                f"No training textures in {folder}.",
                f"Make them: python -m backend.lab texhub build --data DATA --output {folder} --fold K/{FOLDS}",
            )
        return cls(files, np.array(styles), painted, np.array(angles))


def load_geometry(hub: Path) -> Geometry:
    return Geometry.load(hub / "fold0" / SOURCES)


def fit_prior(builds: list[Path], seed: int = 0) -> LinearPrior:
    """The PCA that completes portraits: of the builds' skins, their mirror images and TONES other tones of each.

    The builder's textures, with their even spread of tones, make-up and hair, make a wider prior than portraits need:
    on 125 rendered portraits of faces left out it completes 0.5 dB worse.
    """
    random = np.random.default_rng(seed)
    skins = np.concatenate([Sources.load(build / SOURCES).textures for build in builds])
    skins = np.array([shrunk(skin.astype(np.float32) / 255) for skin in skins])
    skins = np.concatenate([skins, skins[:, :, ::-1]])
    tones = [new_tone(skin, random) for _ in range(TONES) for skin in skins]
    return fit_many(np.array(tones, np.float32), COMPLETING)


def fit_canvas(builds: list[Textures]) -> LinearPrior:
    """The PCA that the generator paints on: of all textures of some builds, at CANVAS texels."""
    pictures = np.array([shrunk(build.texture(i)[0]) for build in builds for i in range(len(build))])
    return fit_mirrored(pictures, COMPONENTS)


def known_texels(builds: list[Textures]) -> np.ndarray:
    """(S,S) bool: enough textures have data there, and not only at a rim."""
    share = np.mean([build.texture(i)[1] for build in builds for i in range(0, len(build), 4)], axis=0)
    enough = (share > 0.35).astype(np.uint8)
    wide = cv2.erode(np.concatenate([enough] * 3, 1), np.ones((5, 5), np.uint8))
    return wide[:, len(enough) : 2 * len(enough)] > 0


def shrunk(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, (CANVAS, CANVAS), interpolation=cv2.INTER_AREA)
