"""Glasses that the parse did not see: thin rims would be learnt as skin.

The parse's glasses network finds nine in ten. A classifier of the strip about the eyes, taught by the parse's own
answers, is asked about people that it was not taught with; who scores like the wearers without being one by the parse
is a suspect: 13 of 561 portraits, eleven with glasses, one with a hat, one with neither.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ...imaging.files import write_bytes
from ..evaluation.features import load_features
from ..evaluation.logistic import folds_of, regress
from .observing import read

SUSPECTS = "suspects.csv"
#: Rows and columns of the strip about the eyes, as shares of the atlas; pixels of its height for the network.
STRIP, HEIGHT = (slice(46, 110), slice(58, 198)), 112
#: Stages of the network whose features count; groups; log odds from which somebody is a suspect: 99 of 100 wearers whom
#: the parse sees score more, and nobody between -2.1 and -1.5 wears any.
STAGES, FOLDS, SUSPECT = (1, 2, 4), 8, -1.6


def screen(folder: Path, glasses: dict[str, bool]) -> dict[str, float]:
    """Id -> log odds of glasses, of everybody in a folder of observations; of nobody where nobody wears any.

    Args:
        glasses: id -> whether the parse saw some.
    """
    if len(set(glasses.values())) < 2:
        return {}
    names = np.array(sorted(glasses))
    rows = np.stack([features(read(folder / f"{name}.npz").lit[STRIP]) for name in names])
    wearers, folds = np.array([glasses[name] for name in names], float), folds_of(names, FOLDS)
    odds = np.zeros(len(names))
    for number in range(FOLDS):
        asked = folds == number
        if asked.any() and len(set(wearers[~asked])) == 2:
            odds[asked] = regress(rows[~asked], wearers[~asked])(rows[asked])
    return dict(zip(names.tolist(), odds.tolist(), strict=True))


@torch.no_grad()
def features(strip: np.ndarray) -> np.ndarray:
    """(D,) means and maxima of the network's features of a (h,w,3) float32 sRGB strip."""
    picture = torch.from_numpy(np.ascontiguousarray(strip)).permute(2, 0, 1)[None]
    size = HEIGHT, round(HEIGHT * strip.shape[1] / strip.shape[0])
    stages = load_features("cpu").stages(F.interpolate(picture, size, mode="bilinear"), max(STAGES))
    parts = [part for at in STAGES for part in (stages[at].mean((2, 3)), stages[at].amax((2, 3)))]
    return torch.cat(parts, 1)[0].numpy()


def write_suspects(path: Path, odds: dict[str, float], glasses: dict[str, bool]) -> None:
    text = io.StringIO()
    suspects = [(name, round(odds[name], 3)) for name in sorted(odds) if odds[name] > SUSPECT and not glasses[name]]
    csv.writer(text).writerows(suspects)
    write_bytes(path, text.getvalue().encode())


def read_suspects(path: Path) -> set[str]:
    """Ids; none where nobody was screened."""
    return {row[0] for row in csv.reader(path.open(encoding="utf-8"))} if path.is_file() else set()
