"""python -m backend.lab evaluate orientations: does the texture depend on how a head or a portrait is turned?

Each head is textured as its file has it and again in some of the 24 orientations, turned further by any parent, scaled
and moved. Heads are those of the files, and copies of them with other proportions, bent or subdivided as by a modifier.
In the UV map a turned head's texture is compared with the upright one's over the texels that show the person; a
registration that the window would ask about first counts as refused. Then portraits are turned by quarters, without
EXIF. Rows are gone on with.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...errors import AvatarTexError, ErrorCode
from ...head.mesh import HeadMesh, load_mesh
from ...head.view import orientations
from ...imaging.files import write_picture
from ...imaging.read import read_base
from ...messages import LOW_SCORE, Generate
from ...pipeline import generate
from ...portrait.decode import decode_portrait
from ..look import pictures
from .guard_heads import write_head
from .metrics import psnr

#: dB over the person's texels from which two textures are alike.
ALIKE = 30.0
#: What a head or a portrait may be refused for; all else is a mistake in what was asked.
REFUSALS = (ErrorCode.LOW_SCORE, ErrorCode.NO_FACE_ON_HEAD, ErrorCode.NO_FACE_IN_PORTRAIT)
MODIFIERS = ("as it is", "stretched", "bent", "subdivided")
#: How much proportions differ, how far places are bent (both as shares of the head), in so many waves.
STRETCH, BEND, WAVES = 0.07, 0.01, 2.0


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab evaluate orientations", description=__doc__)
    parser.add_argument("--mesh", type=Path, nargs="+", required=True, help="heads: OBJ, PLY or GLB")
    parser.add_argument("--portraits", type=Path, nargs="+", required=True, help="pictures, or folders of them")
    parser.add_argument("--rows", type=Path, required=True, help="file of what was compared; is gone on with")
    parser.add_argument("--count", type=int, default=24, help="orientations per head, at random (default all)")
    parser.add_argument("--size", type=int, default=512, help="texels (default and least 512)")
    arguments = parser.parse_args(argv)
    rows = [json.loads(line) for line in arguments.rows.read_text().splitlines()] if arguments.rows.exists() else []
    done, portraits = {row["name"] for row in rows}, pictures(arguments.portraits)
    with arguments.rows.open("a") as file, tempfile.TemporaryDirectory() as folder:
        work = Worker(Path(folder), arguments.size)
        for row in work.compare_all(arguments.mesh, portraits, arguments.count, done):
            rows.append(row)
            file.write(json.dumps(row) + "\n")
            file.flush()
    report(rows)
    return 0


class Worker:
    """Textures of heads and portraits that lie in a folder of their own."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size

    def compare_all(
        self, meshes: Sequence[Path], portraits: Sequence[Path], count: int, done: set[str]
    ) -> Iterator[dict]:
        """Rows: name, what (modifier or the portrait's turn), and dB or the refusal's code."""
        for number, path in enumerate(meshes):
            random = np.random.default_rng(number)
            what = MODIFIERS[number % len(MODIFIERS)]
            head, portrait = modified(load_mesh(path), what, random), portraits[number % len(portraits)]
            ways = random.permutation(len(orientations(head)))[:count]
            placed = [(way, place(head, orientations(head)[way], random)) for way in ways]
            names = [f"{number} {path.parent.name}/{path.stem} {way}" for way in ways]
            yield from self.compare(
                [head, *(one for _, one in placed)], [portrait] * (count + 1), [f"{number}", *names], what, done
            )
        for number, portrait in enumerate(portraits):
            head, color = load_mesh(meshes[0]), decode_portrait(portrait).color
            turned = [self.folder / f"turned{quarters}.png" for quarters in range(4)]
            for quarters, path in enumerate(turned):
                write_picture(path, np.ascontiguousarray(np.rot90(color, quarters)))
            names = [f"portrait {number} {portrait.stem} {90 * quarters}" for quarters in range(4)]
            yield from self.compare([head] * 4, turned, names, "portrait", done)

    def compare(
        self, heads: Sequence[HeadMesh], portraits: Sequence[Path], names: Sequence[str], what: str, done: set[str]
    ) -> Iterator[dict]:
        """The first head and portrait are those that the others are compared with."""
        if done.issuperset(names[1:]):
            return
        first = self.texture(heads[0], portraits[0])
        for head, portrait, name in zip(heads[1:], portraits[1:], names[1:], strict=True):
            if name in done:
                continue
            row = {"name": name, "what": what}
            made = self.texture(head, portrait)
            if isinstance(first, str):
                row["refused_upright"] = first
            if isinstance(made, str):
                row["refused"] = made
            elif not isinstance(first, str):
                person = first[1][..., 0] > 0.5
                row["db"] = round(float(psnr(made[0], first[0], person)), 2)
            yield row

    def texture(self, head: HeadMesh, portrait: Path) -> tuple[np.ndarray, np.ndarray] | str:
        """(S,S,3) float32 sRGB and its provenance, or why not."""
        mesh, out, origin = (self.folder / name for name in ("head.obj", "texture.png", "provenance.png"))
        write_head(head, mesh)
        request = Generate(
            "orientations",
            str(portrait),
            str(out),
            mesh=str(mesh),
            size=self.size,
            provenance=str(origin),
            least_score=LOW_SCORE,
        )
        try:
            generate(request, lambda *_: None, lambda: False)
        except AvatarTexError as refusal:
            if refusal.code not in REFUSALS:
                raise
            return str(refusal.code)
        return read_base(str(out), self.size), read_base(str(origin), self.size)


def modified(head: HeadMesh, what: str, random: np.random.Generator) -> HeadMesh:
    """The head as one of MODIFIERS has it."""
    middle, extent = head.vertices.mean(0), float(np.ptp(head.vertices, axis=0).max())
    if what == "stretched":
        return replace(
            head, vertices=np.float32(head.vertices + (head.vertices - middle) * random.uniform(-1, 1, 3) * STRETCH)
        )
    if what == "bent":
        waves, phase = random.normal(0, 2 * np.pi * WAVES / extent, (3, 3)), random.uniform(0, 2 * np.pi, 3)
        return replace(
            head, vertices=np.float32(head.vertices + BEND * extent * np.sin(head.vertices @ waves.T + phase))
        )
    return subdivided(head) if what == "subdivided" else head


def subdivided(head: HeadMesh) -> HeadMesh:
    """Each triangle as four: as a modifier that keeps the shape."""
    a, b, c = head.triangles.T
    ends, number = np.unique(np.sort(np.stack([a, b, b, c, c, a], 1).reshape(-1, 2), 1), axis=0, return_inverse=True)
    ab, bc, ca = (number.reshape(-1, 3) + len(head.vertices)).T
    u, v, w = np.moveaxis(head.corner_uvs, 1, 0)
    uv, vw, wu = (u + v) / 2, (v + w) / 2, (w + u) / 2
    split = lambda *corners: np.stack(corners, 1)  # noqa: E731
    return replace(
        head,
        vertices=np.concatenate([head.vertices, head.vertices[ends].mean(1)]).astype(np.float32),
        triangles=np.vstack([split(a, ab, ca), split(ab, b, bc), split(ca, bc, c), split(ab, bc, ca)]).astype("i4"),
        corner_uvs=np.vstack([split(u, uv, wu), split(uv, v, vw), split(wu, vw, w), split(uv, vw, wu)]),
    )


def place(head: HeadMesh, turn: np.ndarray, random: np.random.Generator) -> HeadMesh:
    """The head in an orientation; half of them turned by any parent beside it, scaled and moved."""
    vertices = head.vertices @ turn
    if random.random() < 0.5:
        axes, _ = np.linalg.qr(random.normal(size=(3, 3)))
        vertices = vertices @ (axes * np.sign(np.linalg.det(axes)))
    vertices = np.exp(random.uniform(-4, 4)) * vertices
    return replace(head, vertices=np.float32(vertices + random.normal(0, 3, 3) * np.ptp(vertices)))


def report(rows: Sequence[dict]) -> None:
    """How many are alike, by modifier; then those that are not."""
    rows = list({row["name"]: row for row in rows}.values())
    print("| | textures | refused | alike | median dB | worst |\n|---|---|---|---|---|---|")
    for what in (*MODIFIERS, "portrait"):
        some = [row for row in rows if row["what"] == what]
        values = np.array([row["db"] for row in some if "db" in row])
        if some:
            shown = (f"{np.median(values):.1f}", f"{values.min():.1f}") if len(values) else ("", "")
            refused = sum("refused" in row for row in some)
            print(f"| {what} | {len(some)} | {refused} | {(values >= ALIKE).sum()} | {shown[0]} | {shown[1]} |")
    for row in rows:
        if row.get("db", 99.0) < ALIKE or ("refused" in row) != ("refused_upright" in row):
            print(row)


if __name__ == "__main__":
    raise SystemExit(main())
