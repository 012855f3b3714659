"""python -m backend bands: is generated skin as sharp as the photographed skin beside it?

The finished texture on its head, seen from five sides without perspective, so that stretched UVs do not count; in each,
the power of octave bands on bare skin that faces the viewer: where the portrait was seen and, within REACH of it,
where everything was generated. Bands count waves per face height; the last ends where the texture's texels do.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..errors import AvatarTexError
from ..head.mesh import HeadMesh, load_capture, load_mesh
from ..head.sides import sides
from ..head.uvs import FIRST, tile_number, tiles_of
from ..texture.bands import inner, near, octaves, smooth
from ..texture.bare import bare_skin
from ..texture.detail import texels_per_face
from ..texture.observe import EAR
from ..texture.sample import sample

#: Waves per face height where the first band begins: coarser is what the atlas of the networks holds.
FIRST_BAND = 16
#: Skin counts where it faces the viewer this much, and photographed and generated skin within this of each other, in
#: face heights.
FACING, REACH = 0.8, 0.4
#: Shares of provenance from which skin is photographed or generated.
WHOLLY = 0.95
#: What an eye cannot tell from nothing: a quarter of a step of 8 bits. Weaker bands count as this.
UNSEEN = 0.25 / 255
#: Measured pixels that a band needs on either side.
ENOUGH = 300
#: Rows: luminance (Rec. 601), and two differences of colour.
CHANNELS = np.float32([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])


@dataclass(frozen=True)
class Band:
    """One octave from `low` waves per face height on. photo, made: rms of luminance, 0..1, nan where too little skin
    was measured; photo_colour, made_colour: of the differences of colour."""

    low: float
    photo: float
    made: float
    photo_colour: float
    made_colour: float

    @property
    def difference(self) -> float:
        """dB of generated over photographed luminance; nan where unknown."""
        return decibels(self.made, self.photo)

    @property
    def colour_difference(self) -> float:
        return decibels(self.made_colour, self.photo_colour)


def decibels(made: float, photo: float) -> float:
    return float(20 * np.log10(max(made, UNSEEN) / max(photo, UNSEEN))) if made == made and photo == photo else np.nan


def skin_bands(
    mesh: HeadMesh, canonical: np.ndarray, textures: dict[int, np.ndarray], provenance: dict[int, np.ndarray],
) -> list[Band]:
    """The bands of a textured head.

    Args:
        canonical: (N,3) canonical coordinates of the vertices. textures, provenance: (S,S,3) float32 by UDIM tile.
    """
    columns = {number: i for i, number in enumerate(textures)}
    texture = np.round(np.hstack(list(textures.values())) * 255).astype(np.float32) / 255  # as the files hold it
    shares = np.hstack([provenance[number] for number in textures])
    size = len(texture)
    tiles = tiles_of(mesh.corner_uvs)
    column = np.array([columns.get(tile_number(*tile) or FIRST, 0) for tile in tiles.tolist()])
    uvs = mesh.corner_uvs - tiles[:, None] + np.stack([column, 0 * column], 1)[:, None]
    mesh = HeadMesh(mesh.vertices, mesh.triangles, uvs.astype(np.float32), mesh.name)
    density = texels_per_face(mesh, canonical, size)
    lows = [FIRST_BAND * 2**k for k in range(10) if FIRST_BAND * 2 ** (k + 1) <= density / 2]
    found: dict[float, tuple[list, list]] = {low: ([], []) for low in lows}
    for side in sides(mesh, canonical, density):
        uv = side.fragments.interpolate(side.mesh.corner_uvs)
        place = np.stack([uv[..., 0], 1 - uv[..., 1]], -1) * size
        where = side.at(canonical)
        skin = (side.facing > FACING) & (bare_skin(where, True) > 0.98) & (np.abs(where[..., 0]) < EAR)
        share = sample(shares, place)
        photo, made = (skin & (share[..., kind] > WHOLLY) for kind in (0, 2))
        photo, made = photo & near(made, REACH * density), made & near(photo, REACH * density)
        if not (photo.any() and made.any()):
            continue
        rows, columns = np.nonzero(photo | made)
        margin = int(density / FIRST_BAND)
        cut = tuple(slice(max(i.min() - margin, 0), i.max() + margin) for i in (rows, columns))
        skin, photo, made = skin[cut], photo[cut], made[cut]
        picture = sample(texture, place[cut]) @ CHANNELS.T
        for low, band in zip(lows, octaves(picture, skin, density, lows), strict=True):
            power = band**2
            for kind, kept in zip((photo, made), found[low], strict=True):
                use = inner(kind, 0.5 * density / low)
                local = smooth(power, use.astype(np.float32), density / low)
                kept.append(local[use])
    return [Band(low, *middle(*found[low])) for low in lows]


def middle(photo: list[np.ndarray], made: list[np.ndarray]) -> tuple[float, float, float, float]:
    """photo, made, photo_colour, made_colour: by the median of the local power, for a mole or a fold is no grain."""
    out = np.full((2, 2), np.nan)
    for row, kind in zip(out, (photo, made), strict=True):
        local = np.concatenate(kind) if kind else np.zeros((0, 3))
        if len(local) >= ENOUGH:
            row[:] = np.sqrt(np.median(local[:, 0])), np.sqrt(np.median(local[:, 1] + local[:, 2]))
    return out[0, 0], out[1, 0], out[0, 1], out[1, 1]


def line(name: str, bands: list[Band]) -> str:
    """A row of the table: dB of luminance, and in brackets of colour, per band."""
    cells = []
    for band in bands:
        known = band.difference == band.difference
        cells.append(f"{band.difference:+.1f} ({band.colour_difference:+.1f})" if known else "–")
    return f"| {name} | " + " | ".join(cells) + " |"


def main(argv: list[str] | None = None) -> int:
    from ..pipeline import complete, load_cached_networks, prepare
    from ..texture.tiles import compose_tiles

    parser = argparse.ArgumentParser(
        prog="python -m backend bands", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("portraits", nargs="+", type=Path, help="pictures of faces")
    parser.add_argument("--mesh", required=True, type=Path, help="the head: OBJ, PLY or GLB with UVs, or a capture")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1024, 4096], help="texels (default 1024 4096)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="also write the figures there")
    arguments = parser.parse_args(argv)
    networks = load_cached_networks("cpu")
    rows = {}
    for path in arguments.portraits:
        try:
            mesh = load_capture(arguments.mesh) if arguments.mesh.suffix == ".npz" else load_mesh(arguments.mesh)
            job = prepare(mesh, str(path), "auto", networks)
        except AvatarTexError as refusal:
            print(f"| {path.stem} | {refusal} |", flush=True)
            continue
        generated = complete(job.observation, job.style, networks, arguments.seed)
        for size in arguments.sizes:
            tiles = compose_tiles(job, generated, size, {})
            bands = skin_bands(
                job.mesh, job.canonical, {n: tile.texture for n, tile in tiles.items()},
                {n: tile.provenance for n, tile in tiles.items()},
            )
            if not rows:
                lows = [FIRST_BAND * 2**k for k in range(6)]
                print("| portrait | " + " | ".join(f"{low} to {2 * low}" for low in lows) + " |")
                print("|---" * (len(lows) + 1) + "|")
            rows[f"{path.stem} {size}"] = [asdict(band) for band in bands]
            print(line(f"{path.stem}, {job.style}, {size}", bands), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
