"""The guard's figures: a made texture beside the true one, and tables of them beside older versions' figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from skimage.metrics import structural_similarity

from .metrics import cell, mean_error, psnr

#: PSNR in dB of seen and unseen texels, both again after one gain and bias a channel, and SSIM of all.
KEYS = ("seen", "unseen", "seen_aligned", "unseen_aligned", "ssim")
#: What a case is judged by, and dB of it from which it counts as worse.
FIRST, WORSE = "unseen", 1.0
#: Texels of 1024 at the borders of what counts that do not.
RIM = 2

Figures = dict[str, float]


@dataclass(frozen=True)
class Pair:
    """A made texture and the true one: (S,S,3) float32 sRGB, each of its own size. valid, seen: (T,T) bool of the
    truth's size, the texels that count and those that the portrait shows."""

    made: np.ndarray
    truth: np.ndarray
    valid: np.ndarray
    seen: np.ndarray

    @classmethod
    def of(cls, folder: Path, result: Path) -> Pair:
        """A texture file for a case's folder.

        Raises:
            FileNotFoundError: there is no texture, or no case.
        """
        made, truth = (read(path)[..., ::-1].astype(np.float32) / 255 for path in (result, folder / "truth.jpg"))
        return cls(made, truth, *(read(folder / name)[..., 0] > 0 for name in ("valid.png", "seen.png")))

    def alike(self) -> Pair:
        """Both at the texels of the coarser one, without the rims of what counts."""
        side, size = 2 * max(1, round(RIM * len(self.truth) / 1024)) + 1, min(len(self.made), len(self.truth))
        inner = cv2.erode(self.valid.astype(np.uint8), np.ones((side, side), np.uint8))
        made, truth = (
            one if len(one) == size else cv2.resize(one, (size, size), interpolation=cv2.INTER_AREA)
            for one in (self.made, self.truth)
        )
        masks = (
            cv2.resize(np.uint8(one), (size, size), interpolation=cv2.INTER_NEAREST) > 0 for one in (inner, self.seen)
        )
        return Pair(made, truth, *masks)


def score_files(folder: Path, result: Path) -> Figures:
    """The figures of a texture file for a case's folder; raises as Pair.of does."""
    return score(Pair.of(folder, result))


def tone(pair: Pair) -> Figures:
    """How much redder, greener and bluer what was made is than the truth, in 255ths of sRGB."""
    pair = pair.alike()
    apart = 255 * (pair.made - pair.truth)[pair.valid].mean(0)
    return {name: round(float(value), 2) for name, value in zip(("red", "green", "blue"), apart, strict=True)}


def read(path: Path) -> np.ndarray:
    """(H,W,3) uint8, BGR."""
    picture = cv2.imread(str(path))
    if picture is None:
        raise FileNotFoundError(f"There is no picture {path.name}.")
    return picture


def score(pair: Pair) -> Figures:
    """KEYS -> figure, at the texels of the coarser picture."""
    pair = pair.alike()
    made, truth, valid = pair.made, pair.truth, pair.valid
    shown, hidden, toned = valid & pair.seen, valid & ~pair.seen, aligned(made, truth, valid)
    pictures = [np.where(valid[..., None], np.clip(one, 0, 1), truth) for one in (made, truth)]
    similar = structural_similarity(*pictures, channel_axis=2, data_range=1.0, full=True)[1]
    values = (
        psnr(made, truth, shown),
        psnr(made, truth, hidden),
        psnr(toned, truth, shown),
        psnr(toned, truth, hidden),
        float(similar[valid].mean()),
    )
    return {key: round(value, 3) for key, value in zip(KEYS, values, strict=True)}


def aligned(made: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(S,S,3) made with the gain and bias of each channel that bring its masked texels nearest to the truth's."""
    out = made.copy()
    for channel in range(3):
        x, y = made[..., channel][mask], truth[..., channel][mask]
        gain = ((x - x.mean()) * (y - y.mean())).mean() / max(float(x.var()), 1e-7)
        out[..., channel] = made[..., channel] * gain + y.mean() - gain * x.mean()
    return np.clip(out, 0, 1)


def differences(now: Mapping[str, Figures], older: Mapping[str, Figures]) -> dict[str, np.ndarray]:
    """KEYS -> (n,) now - older, of the cases that both have."""
    both = [name for name in now if name in older]
    return {key: np.array([now[name][key] - older[name][key] for name in both]) for key in KEYS}


def report(now: Mapping[str, Figures], older: Mapping[str, Mapping[str, Figures]]) -> str:
    """A row a case, the worst last: by the first older version's figure on the same case where it has one, else by
    itself. Then means with standard errors, and of the differences to each older version.

    Args:
        older: version -> case -> figures.
    """
    first = next(iter(older.values()), {})

    def better(name: str, figures: Mapping[str, Figures]) -> float:
        return now[name][FIRST] - figures[name][FIRST] if name in figures else float("nan")

    def rank(name: str) -> tuple[bool, float]:
        value = better(name, first) if first else now[name][FIRST]
        return np.isnan(value), -value if np.isfinite(value) else 0.0

    names = sorted(now, key=rank)
    names = [n for n in names if rank(n)[0]] + [n for n in names if not rank(n)[0]]
    wide = max([len("mean"), *map(len, names)])
    lines = [" " * wide + "".join(f"{key:>16s}" for key in KEYS) + "".join(f"   beside {one}" for one in older)]
    for name in names:
        cells = "".join(f"{now[name][key]:16.3f}" for key in KEYS)
        beside = "".join(f"{better(name, figures):+{len(one) + 10}.2f}" for one, figures in older.items())
        lines.append(f"{name:{wide}s}" + cells + beside)
    lines += ["", f"{len(now)} cases"]
    lines.append(" ".join(f"{key} {cell(mean_error([one[key] for one in now.values()]), 3)}" for key in KEYS))
    for version, figures in older.items():
        change = differences(now, figures)
        counted = int((change[FIRST] < -WORSE).sum())
        told = " ".join(f"{key} {cell(mean_error(change[key]), 3, '+')}" for key in KEYS)
        lines.append(f"beside {version}, {len(change[FIRST])} cases: {told}; worse by more than {WORSE} dB: {counted}")
    return "\n".join(lines)


def by_kind(now: Mapping[str, Figures], kinds: Mapping[str, Mapping[str, str]], names: Sequence[str]) -> str:
    """The mean of the first figure by each value of some of a case's fields (hair, style).

    Args:
        kinds: case -> field -> value.
    """
    lines = []
    for field in names:
        values = sorted({kinds[name].get(field, "") for name in now} - {""})
        told = [
            f"{value} {cell(mean_error([now[name][FIRST] for name in now if kinds[name].get(field) == value]))}"
            for value in values
        ]
        lines.append(f"{FIRST} by {field}: " + ", ".join(told))
    return "\n".join(lines)
