"""python -m backend.lab evaluate hair: the scalp of half a head, from the hair that shows on the other half.

Of each held-out person the left and then the right half of what is seen is hidden, completed by the priors and covered
with hair; scored where the portrait shows scalp there. Errors by person. It says nothing of the back of the head, which
no portrait shows.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from ...head.scalp import scalp_share
from ...models.bundle import Networks, load_networks
from ..training.people import Person, load_people
from ..training.seen_hair import hair_among
from .metrics import mean_error, table

#: Confidence of a texel that is scored, its share of scalp, and how many there must be.
SEEN, SCALP, ENOUGH = 0.3, 0.5, 100


def scores(person: Person, networks: Networks, scalp: np.ndarray) -> dict[str, float]:
    """dB over the hidden scalp of both halves, without a layer of hair and with it; none where too little shows."""
    truth, seen, hair = person.pictures()
    errors: dict[str, list[float]] = {"priors alone": [], "with hair worn": []}
    for half in np.array_split(np.arange(len(truth)), 2):
        stays = np.ones_like(seen)
        stays[:, half] = 0
        made = networks.experts.complete(truth, seen * stays)
        worn = hair_among(truth, seen * stays, hair * stays, scalp)
        covered = made if worn is None else made + worn.cover[..., None] * (worn.color - made)
        scored = (seen > SEEN) & (stays == 0) & (scalp > SCALP)
        if scored.sum() >= ENOUGH:
            for name, picture in zip(errors, (made, covered), strict=True):
                errors[name].append(float(((picture - truth)[scored] ** 2).mean()))
    return {name: -10 * np.log10(np.mean(found)) for name, found in errors.items() if found}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab evaluate hair",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--faces", type=Path, required=True, help="folder of faces build")
    parser.add_argument("--count", type=int, help="people (default all)")
    arguments = parser.parse_args(argv)
    networks = load_networks("cpu")
    scalp = scalp_share(networks.geometry) * networks.known
    people = load_people(arguments.faces, "test")[: arguments.count]
    found = [one for one in (scores(person, networks, scalp) for person in people) if one]
    rows = []
    for name in found[0]:
        mean, error = mean_error([one[name] for one in found])
        rows.append([name, f"{mean:.2f} ± {error:.2f}", len(found)])
    print(table(["scalp of the hidden half, dB", "mean", "people"], rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
