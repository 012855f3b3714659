"""python -m backend.lab evaluate pairs: two portraits of one person, one completed and the other asked.

DIR holds a folder a person with two pictures or more; who has one picture is a stranger to the others and nothing more.
Of every ordered pair the first picture is completed alone, as nothing but skin (pair_skin.py) and as a textured head
(pair_faces.py), and compared with the second. What the first picture itself says of skin that both show tells how far
two photographs of one skin differ. Figures are means over people, of each over the ordered pairs. Faces need the
recogniser's package (embedding.py) and are left out without it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np

from ...errors import AvatarTexError
from ...head.match import find_head_or_pins
from ...head.mesh import load_mesh
from ...models.bundle import Networks
from ..faces.observing import see
from ..look import Head, pictures
from . import pair_faces
from .hidden import cell, networks_by_name
from .hidden_methods import STAGES, Method
from .hidden_scores import paired
from .identity import PIXELS, YAWS
from .metrics import mean_error, table
from .options import bare_parser, write
from .pair_skin import METHODS, PARTS, PHOTOGRAPH, PLACES, Picture, compare, complete, weights

#: Octaves whose power is told.
FINE = ("8-4", "4-2")


def people_in(folder: Path, count: int = 0) -> dict[str, list[Path]]:
    """Person -> pictures: the first count people that have two, and everybody who has one."""
    found = {one.name: pictures([one]) for one in sorted(folder.iterdir()) if one.is_dir()}
    several = [name for name, paths in found.items() if len(paths) > 1][: count or None]
    return {name: paths for name, paths in found.items() if name in several or len(paths) == 1}


def observed(
    people: Mapping[str, Sequence[Path]],
    mesh: Path,
    networks: Mapping[str, Networks],
    methods: Mapping[str, tuple[str, Method]],
) -> Iterator[Picture]:
    """Every picture, completed; those that a job would refuse are told and left out."""
    head = load_mesh(mesh)
    landmarks = find_head_or_pins(head, ())
    for person, paths in people.items():
        for path in paths:
            try:
                seen, about = see(path, head, landmarks, networks[""].skin)
            except AvatarTexError as refusal:
                print(f"{person}/{path.name}: {refusal.message}", file=sys.stderr)
                continue
            print(f"{person}/{path.name}: yaw {about.yaw:+.0f}, pitch {about.pitch:+.0f}", file=sys.stderr, flush=True)
            yield complete(person, path, seen, about, networks, methods)


def strangers_to(people: Mapping[str, Sequence[Picture]]) -> dict[str, Picture]:
    """Person -> the first picture of the next one; of nobody where there is one person alone."""
    names = list(people)
    return {name: people[names[i - len(names) + 1]][0] for i, name in enumerate(names)} if len(names) > 1 else {}


def compared(people: Mapping[str, Sequence[Picture]]) -> list[dict]:
    """One entry an ordered pair: person, first, second, texels by place, parts as compare() has them."""
    strangers, found = strangers_to(people), []
    for person, own in people.items():
        for first, second in permutations(own, 2):
            entry = {"person": person, "first": first.path.name, "second": second.path.name}
            texels = {place: int((weight > 0).sum()) for place, weight in weights(first, second).items()}
            found.append({**entry, "texels": texels, "parts": compare(first, second, strangers.get(person))})
    return found


def by_person(found: Sequence[dict]) -> dict[str, list[dict]]:
    """Part -> one entry a person: {"id", method -> measure -> the mean over the pairs that tell it}."""
    scores: dict[str, list[dict]] = {part: [] for part in PARTS}
    names = list(dict.fromkeys(name for one in found for part in PARTS for name in one["parts"][part]))
    for person in dict.fromkeys(one["person"] for one in found):
        for part, some in scores.items():
            entry: dict = {"id": person}
            for name in names:
                told = [one["parts"][part].get(name, {}) for one in found if one["person"] == person]
                keys = dict.fromkeys(key for values in told for key in values)
                entry[name] = {key: float(np.mean([one[key] for one in told if key in one])) for key in keys}
            some.append(entry)
    return scores


def report(found: Sequence[dict], base: str = STAGES) -> str:
    """Markdown: PSNR by part, and what the first picture does not show in one tone, also paired over a base."""
    scores = by_person(found)
    names = [name for name in scores[PARTS[0]][0] if name != "id"]
    texels = " and ".join(f"{np.mean([one['texels'][place] for one in found]):.0f} texels {place}" for place in PLACES)
    lines = [
        f"{len(scores[PARTS[0]])} people, {len(found)} ordered pairs: {texels}. Mean ± standard error over people."
    ]

    def told(part: str, name: str, key: str, digits: int = 2) -> str:
        return cell(mean_error([one[name].get(key, np.nan) for one in scores[part]]), digits)

    rows = [[name, *(told(part, name, "psnr") for part in PARTS)] for name in names]
    lines += ["", "PSNR, dB", "", table(["method", *PARTS], rows), "", f"What {PARTS[-1]}:", ""]
    measures = [("delta_e", 1), ("perceptual", 3), *((f"power {octave}", 1) for octave in FINE)]
    rows = [
        [
            name,
            cell(paired(scores[PARTS[-1]], name, base, "psnr"), sign="+"),
            *(told(PARTS[-1], name, key, digits) for key, digits in measures),
        ]
        for name in names
        if name != PHOTOGRAPH
    ]
    heads = ["method", f"dB over {base}", "CIELAB", "perceptual", *(f"power {octave}" for octave in FINE)]
    return "\n".join([*lines, table(heads, rows)])


def main(argv: list[str] | None = None) -> int:
    parser = bare_parser("pairs", __doc__)
    parser.add_argument("--portraits", type=Path, required=True, metavar="DIR", help="a folder a person")
    parser.add_argument(
        "--mesh", type=Path, nargs="+", required=True, metavar="OBJ", help="the first observes portraits"
    )
    parser.add_argument("--weights", type=Path, nargs="*", default=[], metavar="DIR", help="beside the bundled ones")
    parser.add_argument("--count", type=int, default=0, help="people with two pictures or more (default all)")
    parser.add_argument("--size", type=int, default=1024, help="texels of the heads' textures (default 1024)")
    parser.add_argument("--looks", type=Path, metavar="DIR", help="draw both pictures beside the head here")
    parser.add_argument("--output", type=Path, metavar="JSON", help="also write all values here")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    networks = networks_by_name(arguments.weights)
    methods = {
        f"{which}: {name}" if which else name: (which, run) for which in networks for name, run in METHODS.items()
    }
    people: dict[str, list[Picture]] = {}
    for one in observed(people_in(arguments.portraits, arguments.count), arguments.mesh[0], networks, methods):
        people.setdefault(one.person, []).append(one)
    skin = compared(people)
    if not skin:
        raise SystemExit("Nobody has two pictures. Give a folder with a folder for each person, of two or more.")
    print(report(skin), flush=True)
    faces: list[dict] = []
    try:
        for mesh in arguments.mesh:
            head = Head(mesh, PIXELS, YAWS)
            faces += pair_faces.compare(head, people, strangers_to(people), arguments.size, arguments.looks)
        print("\nCosine of faces to the second picture\n\n" + pair_faces.report(faces))
    except AvatarTexError as missing:
        print(f"{missing.message} {missing.cure}", file=sys.stderr)
    write(arguments.output, {"skin": skin, "faces": faces})
    return 0
