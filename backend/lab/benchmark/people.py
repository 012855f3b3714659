"""Real people: hidden parts of their faces, whether a textured head is still that person, and whether made-up skin is
told from photographed skin. Figures alone, of which no picture and no name is kept."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...errors import AvatarTexError
from ...head.match import find_face_or_pins
from ...head.mesh import load_mesh
from ...head.mouth import find_portrait_edges
from ...portrait.decode import decode_portrait
from ..calls import local_pool
from ..evaluation import hidden, identity, told
from ..evaluation.embedding import SAME, embed
from ..evaluation.hidden_methods import FILLS, LEARNT, PRIORS, STAGES
from ..evaluation.hidden_parts import PARTS
from ..evaluation.metrics import cell, mean_error
from ..faces import build
from ..faces.observing import Seen
from ..faces.people import read_split
from ..look import Head, pictures
from .tables import Table

#: People of a quick run; of a whole one, for what is measured on finished textures.
QUICK, FEW = 6, 24
TEXELS = 1024


def people_tables(faces: Path, mesh: Path, quick: bool) -> tuple[list[Table], dict]:
    """What can be said of a folder's people, and all values.

    Args:
        faces: observations (faces build), of which hidden parts alone can be measured, or portraits. mesh: the head.
    """
    table, values = hidden_parts(faces, mesh, QUICK if quick else 0)
    tables, body = [table], {"hidden": values}
    if pictures([faces]):
        table, body["identity"] = same_person(faces, mesh, QUICK if quick else FEW)
        tables.append(table)
        if not quick:
            table, body["told"] = told_apart(faces, mesh)
            tables.append(table)
    return tables, body


def same_person(portraits: Path, mesh: Path, count: int) -> tuple[Table, list[dict]]:
    """Cosine between portrait and textured head by view; of people whose lips touch, and of the others, who smile."""
    about = (
        f"Cosine of a face recogniser (SFace) between the portrait and the textured head, which keeps its own shape; "
        f"over {SAME} two pictures count as one person, and is told apart who is like no other portrait more."
    )
    head = ["lips", "people", *(f"{yaw:+.0f}°" if yaw else "0°" for yaw in identity.YAWS), f"over {SAME}", "told apart"]
    found: list[dict] = []
    try:
        paths = identity.chosen(pictures([portraits]), count)
        known = {path.stem: embed(decode_portrait(str(path)).color) for path in paths}
    except AvatarTexError as missing:  # the recogniser is a package that only this needs
        return Table("Identity: not measured", f"{missing.message} {missing.cure}", head, []), found
    known = {name: one for name, one in known.items() if one is not None}
    form = Head(mesh, identity.PIXELS, identity.YAWS)
    for path in (path for path in paths if path.stem in known):
        try:
            views = identity.measure(form, path, known, TEXELS)
        except AvatarTexError:
            continue
        for one in views:
            del one["id"]
        found += [one | {"lips": lips(path)} for one in views]
    rows = []
    for name in ("closed", "apart"):
        some = [one for one in found if one["lips"] == name]
        if some:
            by_yaw = [
                cell(mean_error([np.nan_to_num(one["cosine"]) for one in some if one["yaw"] == yaw]))
                for yaw in identity.YAWS
            ]
            shares = (np.mean([one["cosine"] > SAME for one in some]), np.mean([one["told"] for one in some]))
            rows.append([name, str(len(some) // len(identity.YAWS)), *by_yaw, *(f"{share:.0%}" for share in shares)])
    return Table("Identity over views", about, head, rows), found


def lips(path: Path) -> str:
    """Whether a portrait's lips touch."""
    portrait = decode_portrait(str(path))
    face, _ = find_face_or_pins(portrait, ())
    return "apart" if find_portrait_edges(portrait.color, face.points[:, :2]).opening >= 1 else "closed"


def told_apart(portraits: Path, mesh: Path) -> tuple[Table, dict]:
    """How often a classifier knows made-up patches from photographed ones, of people that it did not learn from."""
    some = told.people_of(portraits, told.HALVES[1], FEW, load_mesh(mesh))
    found = told.collect(some, [TEXELS])
    shares = {kind: told.accuracy(np.concatenate(rows), np.array(who)) for kind, (rows, who) in found.patches.items()}
    rows = [
        [f"{kind}, {detail}", str(side), str(len(own)), cell(mean_error([100 * one for one in own.values()]), 1)]
        for (_, side, kind, detail), own in sorted(shares.items())
    ]
    about = (
        "Share of patches of finished textures in which a classifier knows made-up from photographed; 50 is perfect."
    )
    table = Table("Made-up skin and hair", about, ["what", "patch, texels", "people", "recognised, %"], rows)
    return table, {" ".join(map(str, kind)): [*own.values()] for kind, own in shares.items()}


def hidden_parts(faces: Path, mesh: Path, count: int) -> tuple[Table, dict]:
    """PSNR of what was hidden by part, and all scores.

    Args:
        faces: observations (faces build), or portraits, which are then observed on the mesh.
    """
    methods = {name: ("", run) for name, run in (FILLS | {name: LEARNT[name] for name in (PRIORS, STAGES)}).items()}
    scores = hidden.score(people(faces, mesh, count), hidden.networks_by_name([]), methods, PARTS)
    for one in (one for some in scores.values() for one in some):
        del one["id"]
    number = len(next(iter(scores.values())))
    rows = [
        [name, str(number), *(cell(mean_error([one[name]["psnr"] for one in some])) for some in scores.values())]
        for name in methods
    ]
    about = "A part of what the portrait shows is hidden, completed and compared. dB, means over people."
    return Table("Hidden skin of real people", about, ["method", "people", *scores], rows), scores


def people(faces: Path, mesh: Path, count: int) -> Iterator[tuple[str, Seen]]:
    """Who was held out; everybody where nobody was."""
    if next(faces.glob("*.npz"), None):
        yield from hidden.observed(faces, "test", count)
        return
    portraits, held_out = build.pictures_in(faces), read_split()
    chosen = [path for path in portraits if path.stem in held_out] or portraits
    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder) / "portraits"
        few.mkdir()
        for path in chosen[: count or None]:
            shutil.copy(path, few)
        build.build(few, Path(folder), mesh, local_pool(1))
        yield from hidden.observed(Path(folder) / build.FOLDER, "test", count)
