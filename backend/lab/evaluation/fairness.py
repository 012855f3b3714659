"""python -m backend.lab evaluate fairness: completion of held-out photographs by skin tone and by light.

Squared sRGB differences flatter dark skin, and dark hair is far from pale skin and near dark skin; so the CIELAB
distance and the mean error of lightness (above 0: painted too pale) stand beside them, and all of it over skin alone.
A dim photograph of pale skin and a bright one of dark skin may be the same picture, and an artist sees only whether
unseen skin goes with seen skin; so the distance also stands with the exposure and tint that seen skin got taken out.
Light is what the build put on the truth: contrast, exposure and warmth by thirds.
"""

from __future__ import annotations

import sys

import numpy as np

from ...imaging.sample import to_linear, to_srgb
from ..pca import complete_plainly
from . import methods
from .completion import Scored, cell, score
from .held_out import TONES, Portrayed, portrayed
from .metrics import colour_difference, mean_error, psnr, table
from .options import networks_of, parser_for, write

#: No group may be further below the mean of the groups, dB.
ALLOWED = 1.5
#: Measured property of the light -> names of its thirds.
LIGHTS = {
    "contrast": ("soft", "middling", "hard"),
    "exposure": ("dark", "middling", "bright"),
    "warmth": ("cool", "neutral", "warm"),
}


def groups_of(scored: list[Scored]) -> dict[str, dict[str, list[Scored]]]:
    """What is grouped by -> group -> textures."""
    found = {"tone": {name: [one for one in scored if one.about.tone == name] for name, _ in TONES}}
    for light, names in LIGHTS.items():
        values = np.array([getattr(one.about, light) for one in scored])
        third = np.searchsorted(np.quantile(values, [1 / 3, 2 / 3]), values)
        found[light] = {name: [one for one, at in zip(scored, third) if at == i] for i, name in enumerate(names)}
    return {by: {name: group for name, group in groups.items() if group} for by, groups in found.items()}


def gaps(groups: dict[str, list[Scored]], method: str, key: str) -> dict[str, tuple[float, float]]:
    """dB of each group above the mean of the groups, and its standard error."""
    means = {name: mean_error([one.scores[method][key] for one in group]) for name, group in groups.items()}
    overall = np.mean([mean for mean, _ in means.values()])
    return {name: (mean - overall, error) for name, (mean, error) in means.items()}


def in_true_exposure(result: np.ndarray, one: Portrayed) -> np.ndarray:
    """(S,S,3) the result times what brings the skin that was seen to the truth's: the median of each channel."""
    seen = one.skin & one.seen
    if not seen.any():
        return result
    ratio = [np.log(to_linear(picture[seen]) + 0.005) for picture in (one.truth, result)]
    return to_srgb(np.clip(to_linear(result) * np.exp(np.median(ratio[0] - ratio[1], axis=0)), 0, 1))


def main(argv: list[str] | None = None) -> int:
    parser = parser_for("fairness", __doc__)
    parser.add_argument("--count", type=int, default=90, help="textures (default 90)")
    parser.add_argument("--styles", nargs="+", default=["photo"], help="of TexHub, that many of each (default photo)")
    arguments = parser.parse_args(argv)
    networks = networks_of(arguments)
    wanted = {methods.LINEAR: "", methods.OURS: "123"}
    scored = []
    for one in portrayed(arguments.held_out, networks, arguments.count, arguments.seed, tuple(arguments.styles)):
        results = {"PCA 24": complete_plainly(networks, one.colour, one.confidence)}
        results |= methods.staged(one, networks, arguments.seed, wanted)
        scored.append(Scored(one, score(results, one, perceptual=False)))
        for name, result in results.items():
            skin = one.unseen_skin
            distance = colour_difference(result, one.truth, skin)[0] if skin.any() else np.nan
            own = colour_difference(in_true_exposure(result, one), one.truth, skin)[0] if skin.any() else np.nan
            scored[-1].scores[name] |= {"own_delta_e": own, "own_delta_e_db": -20 * np.log10(own)}
            scored[-1].scores[name] |= {
                "skin_psnr": psnr(result, one.truth, skin),
                "skin_delta_e": distance,
                "skin_delta_e_db": -20 * np.log10(distance),
            }
        print(f"\r{len(scored)} textures", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(report(scored, networks.size))
    write(
        arguments.output,
        [
            {"key": one.about.key, "ita": one.about.ita, "tone": one.about.tone, "scores": one.scores}
            | {light: getattr(one.about, light) for light in LIGHTS}
            for one in scored
        ],
    )
    return 0


def report(scored: list[Scored], size: int) -> str:
    found = groups_of(scored)
    lines = [f"{len(scored)} held-out textures at {size} texels, {methods.OURS}. Mean ± standard error."]
    worst = []
    for by, groups in found.items():
        for key in ("unseen_psnr", "all_psnr", "skin_psnr", "skin_delta_e_db"):
            for name, (gap, error) in gaps(groups, methods.OURS, key).items():
                if gap < -ALLOWED:
                    texels = f"{key.split('_')[0]}{', CIELAB' if 'delta' in key else ''}"
                    worst.append(f"- {by} {name}, {texels} texels: {-gap:.2f} ± {error:.2f} dB below the mean")
    lines += ["", f"More than {ALLOWED} dB below the mean of the groups{':' if worst else ': none.'}", *worst, ""]
    head = [
        "by",
        "group",
        "textures",
        "unseen, dB",
        "gap",
        "all, dB",
        "gap",
        "unseen, CIELAB",
        "all, CIELAB",
        "unseen, L* too pale",
        "unseen skin, dB",
        "gap",
        "unseen skin, CIELAB",
        "gap, dB",
        "in the true exposure",
        "gap, dB",
        "PCA 24 unseen, dB",
        "linear unseen, dB",
    ]
    rows = []
    for by, groups in found.items():
        for name, group in groups.items():

            def mean(key: str, digits: int = 2, method: str = methods.OURS, group: list[Scored] = group) -> str:
                return cell(mean_error([one.scores[method][key] for one in group]), digits)

            gap = [
                f"{gaps(groups, methods.OURS, key)[name][0]:+.2f}"
                for key in ("unseen_psnr", "all_psnr", "skin_psnr", "skin_delta_e_db", "own_delta_e_db")
            ]
            rows.append(
                [
                    by,
                    name,
                    len(group),
                    mean("unseen_psnr"),
                    gap[0],
                    mean("all_psnr"),
                    gap[1],
                    mean("unseen_delta_e", 1),
                    mean("all_delta_e", 1),
                    mean("unseen_lightness", 1),
                    mean("skin_psnr"),
                    gap[2],
                    mean("skin_delta_e", 1),
                    gap[3],
                    mean("own_delta_e", 1),
                    gap[4],
                    mean("unseen_psnr", 2, "PCA 24"),
                    mean("unseen_psnr", 2, methods.LINEAR),
                ]
            )
    return "\n".join([*lines, table(head, rows)])
