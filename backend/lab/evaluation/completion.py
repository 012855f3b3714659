"""python -m backend.lab evaluate completion: unseen texels of held-out textures, by painted and by network style.

Ours beside the mean texture, the mirrored face, OpenCV, push-pull, a plain PCA and the linear prior that ours starts
from. Baselines keep what was seen.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..texhub.drawn_styles import NETWORK_STYLE
from . import methods
from .features import perceptual_distance
from .held_out import Portrayed, portrayed
from .metrics import colour_difference, inside, mean_error, psnr, ssim, table
from .options import networks_of, parser_for, write

#: What is measured, its unit, and whether more is better.
MEASURES = {"psnr": ("PSNR, dB", 1), "ssim": ("SSIM", 1), "perceptual": ("perceptual distance, EfficientNet-Lite0", -1)}
PARTS = ("unseen", "all", "seen")
#: Marks the networks' styles, of which "photo" and "anime" are also names of TexHub's.
NETWORK = " (network)"


@dataclass(frozen=True)
class Scored:
    """One texture: about it, and method -> part_measure -> value."""

    about: Portrayed
    scores: dict[str, dict[str, float]]


def score(results: dict[str, np.ndarray], one: Portrayed, perceptual: bool = True) -> dict[str, dict[str, float]]:
    """Method -> measures on unseen, all and seen texels: unseen_psnr and so on; the perceptual one not on the seen."""
    masks = {"unseen": one.unseen, "all": one.valid, "seen": one.seen}
    scores: dict[str, dict[str, float]] = {name: {} for name in results}
    for part, mask in masks.items():
        for name, result in results.items():
            scores[name][f"{part}_psnr"] = psnr(result, one.truth, mask)
            scores[name][f"{part}_ssim"] = ssim(result, one.truth, mask)
            difference = colour_difference(result, one.truth, mask) if mask.any() else (np.nan, np.nan)
            scores[name] |= dict(zip((f"{part}_delta_e", f"{part}_lightness"), difference, strict=True))
        if perceptual and part != "seen":
            pictures = np.stack([inside(result, one.truth, mask) for result in results.values()])
            tensors = (torch.from_numpy(p).permute(0, 3, 1, 2) for p in (pictures, one.truth[None]))
            with torch.no_grad():
                distances = perceptual_distance(*tensors, torch.from_numpy(mask.astype(np.float32))[None, None])
            for name, distance in zip(results, distances.tolist(), strict=True):
                scores[name][f"{part}_perceptual"] = distance
    return scores


def mean_of(scored: list[Scored], method: str, key: str) -> tuple[float, float]:
    return mean_error([one.scores[method][key] for one in scored])


def grouped(scored: list[Scored]) -> dict[str, list[Scored]]:
    """All, the networks' four styles, TexHub's nine."""
    painted = list(dict.fromkeys(one.about.painted for one in scored))
    network = list(dict.fromkeys(NETWORK_STYLE[name] for name in painted))
    groups = {"all": scored}
    groups |= {name + NETWORK: [one for one in scored if one.about.style == name] for name in network}
    return groups | {name: [one for one in scored if one.about.painted == name] for name in painted}


def losses(groups: dict[str, list[Scored]], rivals: Sequence[str], part: str = "unseen") -> list[str]:
    """A line for each group and measure where the best rival is better than all three stages, paired by texture."""
    lines = []
    for group, scored in groups.items():
        for measure, (unit, sign) in MEASURES.items():
            key = f"{part}_{measure}"
            best = max(rivals, key=lambda name: sign * mean_of(scored, name, key)[0])
            gap, error = mean_error([sign * (one.scores[methods.OURS][key] - one.scores[best][key]) for one in scored])
            if gap < 0:
                sure = "" if gap < -2 * error else ", within two standard errors"
                lines.append(f"- {group}, {unit}: {best} is better by {-gap:.3g} ± {error:.2g}{sure}")
    return lines


def main(argv: list[str] | None = None) -> int:
    parser = parser_for("completion", __doc__)
    parser.add_argument("--count", type=int, default=6, help="textures per painted style (default 6)")
    arguments = parser.parse_args(argv)
    networks = networks_of(arguments)
    scored = []
    for one in portrayed(arguments.held_out, networks, arguments.count, arguments.seed):
        results = methods.plain(one, networks) | methods.staged(one, networks, arguments.seed)
        scored.append(Scored(one, score(results, one)))
        print(f"\r{len(scored)} textures", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(report(scored, networks.size))
    write(
        arguments.output,
        [
            {"key": one.about.key, "painted": one.about.painted, "ita": one.about.ita, "scores": one.scores}
            for one in scored
        ],
    )
    return 0


def report(scored: list[Scored], size: int) -> str:
    groups = grouped(scored)
    shown = {part: np.mean([getattr(one.about, part).mean() for one in scored]) for part in ("unseen", "seen")}
    lines = [
        f"{len(scored)} held-out textures at {size} texels, unseen {shown['unseen']:.0%} and seen {shown['seen']:.0%} "
        "of the atlas. Mean ± standard error."
    ]
    few = {name: groups[name] for name in groups if name == "all" or name.endswith(NETWORK)}
    for text, lost in (
        ("a baseline beats all three stages", losses(groups, (*methods.BASELINES, methods.LINEAR))),
        ("fewer stages beat all three", losses(few, [name for name in methods.STAGES if name != methods.OURS])),
    ):
        lines += ["", f"Where {text} on unseen texels{':' if lost else ': nowhere.'}", *lost]
    names = list(scored[0].scores)
    for measure, (unit, _) in MEASURES.items():
        digits = 2 if measure == "psnr" else 3
        parts = [part for part in PARTS if f"{part}_{measure}" in scored[0].scores[names[0]]]
        rows = [[name, *(cell(mean_of(scored, name, f"{part}_{measure}"), digits) for part in parts)] for name in names]
        lines += ["", f"{unit}, all styles", "", table(["method", *parts], rows)]
        rows = [
            [f"{group}, {len(part)}", *(cell(mean_of(part, name, f"unseen_{measure}"), digits) for name in names)]
            for group, part in groups.items()
        ]
        lines += ["", f"{unit}, unseen texels, by style (and number of textures)", "", table(["style", *names], rows)]
    return "\n".join(lines)


def cell(value: tuple[float, float], digits: int = 2) -> str:
    return f"{value[0]:.{digits}f} ± {value[1]:.{digits}f}"
