"""Faces of two pictures of one person: a head that is textured after the first, beside the second picture.

SFace's cosine (embedding.py) between the second picture and renders of the head from where the second was photographed,
from the front and from both sides. Above it stand the two pictures themselves, below it the same head textured after a
stranger, from where the second was photographed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...errors import AvatarTexError
from ...imaging.files import write_picture
from ...portrait.decode import decode_portrait
from ..look import Head, panel, textures_of
from .embedding import embed, likeness
from .hidden import cell
from .identity import YAWS
from .metrics import mean_error, table
from .pair_skin import Picture

OWN, PICTURES, STRANGER = "as the second was taken", "the two pictures", "a stranger's head"
VIEWS = (OWN, *(f"{yaw:+.0f}°" if yaw else "0°" for yaw in YAWS))


def compare(
    head: Head, people: Mapping[str, Sequence[Picture]], strangers: Mapping[str, Picture], size: int, looks: Path | None
) -> list[dict]:
    """One entry an ordered pair: person, first, second, head, cosine by VIEWS, PICTURES and STRANGER.

    Args:
        strangers: to each person. size: of the textures. looks: folder for both pictures beside the head.

    Raises:
        AvatarTexError: WEIGHTS_MISSING without the recogniser's package.
    """
    crowd = [one for own in people.values() for one in own]
    faces = {one.path: embed(decode_portrait(str(one.path)).color) for one in crowd}
    found, floors = [], {}
    for first in crowd:
        seconds = [one for one in people[first.person] if one is not first]
        others = [one for name, own in people.items() if strangers.get(name) is first for one in own]
        try:
            textures, _ = textures_of(head, first.path, size, "photo", 0, "keep")
        except AvatarTexError as refusal:
            print(f"{first.person}/{first.path.name}: {refusal.message}", file=sys.stderr)
            continue
        sides = [embed(picture) for picture in head.looks(textures)] if seconds else []
        for second in [*seconds, *others]:
            # a head's views turn to the picture's left, a registration's yaw to its right
            picture = head.look(head.view(-second.about.yaw, second.about.pitch), textures)
            own = likeness(embed(picture), faces[second.path])
            if second in others:
                floors[second.path] = own
                continue
            entry = {"person": first.person, "first": first.path.name, "second": second.path.name}
            cosines = [own, *(likeness(side, faces[second.path]) for side in sides)]
            entry |= {"head": head.path.stem, **dict(zip(VIEWS, cosines, strict=True))}
            found.append(entry | {PICTURES: likeness(faces[first.path], faces[second.path]), "of": second.path})
            if looks:
                name = f"{head.path.stem} {first.person} {first.path.stem} {second.path.stem}.png"
                write_picture(looks / name, panel([first.path, second.path], [picture]))
    return [one | {STRANGER: floors.get(one.pop("of"), float("nan"))} for one in found]


def report(found: Sequence[dict]) -> str:
    """Markdown, a row a head; means over people, of each over the ordered pairs. A face not found counts as 0."""
    rows = []
    for head in dict.fromkeys(one["head"] for one in found):
        people = dict.fromkeys(one["person"] for one in found)
        values = {
            key: [
                np.mean([np.nan_to_num(one[key]) for one in found if (one["head"], one["person"]) == (head, person)])
                for person in people
            ]
            for key in (*VIEWS, PICTURES, STRANGER)
        }
        rows.append([head, *(cell(mean_error(some)) for some in values.values())])
    return table(["head", *VIEWS, PICTURES, STRANGER], rows)
