"""python -m backend.lab evaluate two-sample: can a classifier learn to tell made-up skin from photographed skin?

Patches of the atlas in which everything was hidden and made up, under the estimated light, against the photograph of
the same places. The classifier (logistic regression on means and deviations of EfficientNet-Lite's features and on
band energies; Lopez-Paz and Oquab, arXiv 1610.06545) learns on some people and is asked about others, each person once.
50 % is perfect.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import cv2
import numpy as np
import torch
from torch import Tensor

from ...imaging.bands import octaves
from ...imaging.files import write_bytes
from ...imaging.sample import LUMINANCE
from .features import COMPARED, at_size, load_features
from .hidden import cell, completed, networks_by_name, parser_for, people_of
from .hidden_methods import FILLS, LEARNT, Method
from .hidden_parts import Hidden
from .hidden_scores import FACE, OCTAVES
from .logistic import folds_of, regress
from .metrics import mean_error, table

#: Texels of a patch and of a step between two; share of a patch that must be hidden, and photographed well.
PATCH, STEP, WHOLE = 32, 16, 0.95
#: Parts of which every patch is within what is hidden.
PARTS = ("half", "sides", "lower", "upper")
#: Pixels that a patch is enlarged to for the network: a wave of two texels is still seven pixels long.
ENLARGED = 112
#: People are asked in so many groups.
FOLDS = 6


def patches(case: Hidden) -> list[tuple[slice, slice]]:
    """The places of an observation's hidden patches."""
    size, found = len(case.weight), []
    whole = cv2.boxFilter(
        (case.weight > 0).astype(np.float32), -1, (PATCH, PATCH), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT
    )
    for top in range(0, size - PATCH + 1, STEP):
        for left in range(0, size - PATCH + 1, STEP):
            if whole[top, left] > WHOLE:
                found.append((slice(top, top + PATCH), slice(left, left + PATCH)))
    return found


@torch.no_grad()
def describe(cut: np.ndarray) -> np.ndarray:
    """(N,D) features of (N,P,P,3) float32 sRGB patches."""
    network, rows = load_features("cpu"), []
    for part in torch.from_numpy(np.ascontiguousarray(cut)).permute(0, 3, 1, 2).split(32):
        stages: list[Tensor] = network.stages(at_size(part, ENLARGED), max(COMPARED))
        kept = [stages[number] for number in COMPARED]
        rows.append(torch.cat([value for x in kept for value in (x.mean((2, 3)), x.std((2, 3)))], 1).numpy())
    return np.concatenate([np.concatenate(rows), np.stack([energies(patch) for patch in cut])], 1)


def energies(patch: np.ndarray) -> np.ndarray:
    """(len(OCTAVES),) logarithms of the luminance's deviation by octave."""
    whole = np.ones(patch.shape[:2], np.float32)
    bands = octaves((patch @ LUMINANCE)[..., None], whole, FACE * 256, list(OCTAVES.values()))
    return np.array([np.log(band.std() + 1e-3) for band in bands], np.float32)


def gather(cases: Iterator, methods: dict[str, tuple[str, Method]]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Method -> (N,2,D) features of photographed and made-up patches, and (N,) the person of each."""
    found: dict[str, tuple[list, list]] = {name: ([], []) for name in methods}
    for person, _, by_networks, made in cases:
        case = next(iter(by_networks.values()))  # what is hidden and its truth are the same for all networks
        places = patches(case)
        if not places:
            continue
        truth = describe(np.stack([case.truth[place] for place in places]))
        for name, (which, _) in methods.items():
            lit = np.clip(by_networks[which].lit(made[name]), 0, 1)
            lit = np.rint(lit * 255).astype(np.float32) / 255  # photographs come in as many steps
            found[name][0].append(np.stack([truth, describe(np.stack([lit[place] for place in places]))], 1))
            found[name][1].extend([person] * len(places))
    return {name: (np.concatenate(rows), np.array(who)) for name, (rows, who) in found.items() if rows}


def accuracy(features: np.ndarray, people: np.ndarray) -> dict[str, float]:
    """Person -> share of their patches, of both kinds, that a classifier got right that had not seen the person.

    Args:
        features: (N,2,D), photographed first. people: (N,) ids.
    """
    folds, right = folds_of(people, FOLDS), np.zeros(features.shape[:2])
    for number in range(FOLDS):
        asked = folds == number
        if asked.any() and not asked.all():
            known = features[~asked]
            weights = regress(np.concatenate([known[:, 0], known[:, 1]]), np.repeat([0.0, 1.0], len(known)))
            right[asked] = (weights(features[asked].reshape(-1, features.shape[2])).reshape(-1, 2) > 0) == [False, True]
    return {str(name): float(right[people == name].mean()) for name in sorted(set(people))}


def main(argv: list[str] | None = None) -> int:
    parser = parser_for("two-sample", __doc__)
    arguments = parser.parse_args(argv)
    networks = networks_by_name(arguments.weights)
    methods = {name: ("", FILLS[name]) for name in ("surroundings", "mirror")}
    for which in networks:
        methods |= {f"{which}: {name}" if which else name: (which, run) for name, run in LEARNT.items()}
    found = gather(completed(people_of(arguments), networks, methods, PARTS, arguments.seed), methods)
    rights = {name: accuracy(*one) for name, one in found.items()}
    rights["photographs of two halves of the people"] = strangers(*found[next(iter(found))])
    rows = [
        [name, cell(mean_error([100 * one for one in right.values()]), 1), len(right)] for name, right in rights.items()
    ]
    print(table(["method", "told from photographs, %", "people"], rows))
    if arguments.output:
        write_bytes(arguments.output, json.dumps(rights, indent=1).encode())
    return 0


def strangers(features: np.ndarray, people: np.ndarray) -> dict[str, float]:
    """accuracy() where both kinds are photographs: what 50 % looks like. Every second person's are called made up."""
    names = sorted(set(people))
    rows, who = [], []
    for first, second in zip(names[::2], names[1::2], strict=False):
        a, b = features[people == first, 0], features[people == second, 0]
        rows.append(np.stack([a[: len(b)], b[: len(a)]], 1))
        who += [first] * len(rows[-1])
    return accuracy(np.concatenate(rows), np.array(who))
