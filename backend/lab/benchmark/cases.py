"""The benchmark's cases: the guard's portraits of skins that training never saw, turned further, and occluded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ...errors import AvatarTexError, ErrorCode
from ...farm.dispatch import Pool
from ...farm.rows import DONE
from ...imaging.files import write_bytes
from ..calls import Tell, run_calls
from ..evaluation.cases import SPLIT
from ..evaluation.guard_cases import FURTHEST, GuardCase, draw_cases, find_skins
from ..evaluation.guard_make import make_case
from ..evaluation.guard_occlude import KINDS
from ..evaluation.guard_paint import COLOURS
from ..evaluation.guard_scores import read
from ..texhub.skins import face_groups

#: Cases of a whole run, and of a quick one: what two cores do in ten minutes.
COUNT, QUICK = 40, 16
#: Degrees: the furthest turn. Of the cases, how many in eight are occluded. Hair of a head behind a fringe, where
#: the skin's own has no colour that is known.
TURNED, DECK, FRINGED = 60.0, ("",) * 5 + KINDS, "brown"
LICENCES = "LICENCES"
#: Texels at which faces of skins are compared.
FACE_TEXELS = 512
#: What the kits that the project knows came with; others bring a file LICENCE beside their skins.
MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""
KNOWN = {
    "makehuman": "CC0 1.0. makehumancommunity/mpfb2, makehumancommunity/makehuman-assets and CC0 community assets.",
    "valid": f"MIT. google/valid-avatar-library.\n\nCopyright (c) 2022 Tiffany Do\n\n{MIT}",
}


def deal_cases(data: Path) -> list[GuardCase]:
    """COUNT cases at most, of skins that training never saw where the data has such; the same data give the same.

    Raises:
        ValueError: there are no skins.
    """
    unseen = set(json.loads(SPLIT.read_text(encoding="utf-8"))["held_out"])
    kits = find_skins(data)
    held = {kit: (heads, [one for one in skins if f"{kit}/{one}" in unseen]) for kit, (heads, skins) in kits.items()}
    kits = {kit: both for kit, both in held.items() if both[1]} or kits
    skins = max(1, sum(len(both[1]) for both in kits.values()))
    dealt = draw_cases(kits, rounds=-(-COUNT // skins))
    random = np.random.default_rng(0)
    dealt = [dealt[i] for i in random.permutation(len(dealt))[:COUNT]]
    occluders = [DECK[i % len(DECK)] for i in random.permutation(len(dealt))]
    dealt = [
        replace(case, hair=FRINGED) if occluder == "hair" and case.hair not in COLOURS else case
        for case, occluder in zip(dealt, occluders, strict=True)
    ]
    return [
        replace(
            case,
            name="_".join(filter(None, (f"{number:02d}", case.kit, case.style, case.hair, occluder))),
            yaw=round(case.yaw * TURNED / FURTHEST, 1),
            occluder=occluder,
        )
        for number, (case, occluder) in enumerate(zip(dealt, occluders, strict=True))
    ]


def spread(cases: Sequence, count: int) -> list:
    """So many of them, evenly."""
    return [cases[i] for i in sorted({round(i) for i in np.linspace(0, len(cases) - 1, count)})] if count else [*cases]


def make_cases(data: Path, folder: Path, count: int, pool: Pool) -> None:
    """Write cases that are not there yet, and their licences.

    Raises:
        AvatarTexError: one could not be made.
    """
    cases, failed = with_faces(data, spread(deal_cases(data), count)), []
    shared = {"data": str(data.resolve()), "folder": str(folder.resolve())}
    work = ((case.name, shared | {"case": case.as_json()}) for case in cases)
    run_calls(f"{__name__}:make", work, pool, lambda outcome: failed.extend([outcome] * (outcome.state != DONE)))
    if failed:
        raise AvatarTexError(ErrorCode.INTERNAL, f"{failed[0].output} was not made: {failed[0].reason}", "Mend that.")
    write_bytes(folder / LICENCES, licences(data, sorted({case.kit for case in cases})).encode())


def with_faces(data: Path, cases: Sequence[GuardCase]) -> list[GuardCase]:
    """The same with their faces: skins differ by hair, age and make-up, and show fewer people than there are skins."""
    skins = sorted({f"{case.kit}/{case.skin}" for case in cases})
    side = (FACE_TEXELS, FACE_TEXELS)
    firsts: dict[str, str] = {}
    for kit in sorted({case.kit for case in cases}):
        some = [name for name in skins if name.startswith(f"{kit}/")]
        pictures = [read(next((data / kit).glob(f"skins/{Path(name).name}.*")))[..., ::-1] for name in some]
        laid = np.stack([cv2.resize(one, side, interpolation=cv2.INTER_AREA) for one in pictures])
        groups = face_groups(laid, some).tolist()
        firsts |= {name: some[groups.index(group)] for name, group in zip(some, groups, strict=True)}
    return [replace(case, face=firsts[f"{case.kit}/{case.skin}"]) for case in cases]


def make(tell: Tell, data: str, folder: str, case: dict) -> None:
    """One case, as a call."""
    cv2.setNumThreads(1)
    make_case(Path(data), GuardCase(**case), Path(folder) / case["name"])


def read_cases(folder: Path, count: int = 0) -> dict[str, dict]:
    """What each case of a folder is, by name.

    Raises:
        AvatarTexError: BAD_REQUEST, there is none.
    """
    found = sorted(folder.glob("*/case.json"))
    if not found:
        what = f"{str(folder)!r} holds no cases."
        raise AvatarTexError(ErrorCode.BAD_REQUEST, what, "Give --data to make some, or another --cases.")
    return {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in spread(found, count)}


def licences(data: Path, kits: Sequence[str]) -> str:
    """What may be done with cases that are made of these kits."""
    parts = ["Rendered portraits and textures, made by AvatarTex's generator (python -m backend.lab benchmark) of:"]
    for kit in kits:
        own = next(iter(sorted((data / kit).glob("LICEN[CS]E*"))), None)
        text = own.read_text(encoding="utf-8") if own else KNOWN.get(kit, "Not known: do not pass these cases on.")
        parts.append(f"{kit}\n{'-' * len(kit)}\n{text}")
    return "\n\n".join(parts) + "\n"
