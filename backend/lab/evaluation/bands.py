"""python -m backend.lab bands: is generated skin as sharp as the photographed skin beside it?

The finished texture on its head, seen from five sides without perspective, so that stretched UVs do not count; in each,
the power of octave bands on bare skin that faces the viewer: where the portrait was seen and, within REACH of it,
where everything was generated. Bands count waves per face height; the last ends where the texture's texels do.

Where an octave of either is lines, not grain, by the deviation of their values (evenness()),
the lines are left out on both sides and a row of their own tells which share of the skin they take.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ...errors import AvatarTexError
from ...head.mesh import HeadMesh, load_capture, load_mesh
from ...head.scalp import EAR
from ...head.sides import sides, texels_per_face
from ...head.tiles import FIRST, tile_number, tiles_of
from ...imaging.bands import inner, near, octaves, smooth
from ...imaging.sample import sample
from ...job import StageOptions
from ...options import OPACITIES
from ...surface.bare import bare_skin

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
#: Share of an octave's power that is grain, below which it holds lines; how many times its grain's deviation a line
#: has, and a step of 8 bits at least.
DRAWN, LINE, STEP = 0.5, 3.0, 1 / 255
#: Times the power of a bell curve of their median absolute value that grain has at most, and that lines have at least:
#: photographs and paintings 1 to 2.8, drawings 25 and more.
HEAVIEST, LINES = 2.5, 6.0
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


@dataclass(frozen=True)
class Skin:
    """Of one side: (H,W,3) its picture in CHANNELS, (H,W) bool bare skin, and thereof photographed and generated."""

    picture: np.ndarray
    skin: np.ndarray
    kinds: tuple[np.ndarray, np.ndarray]

    def octaves(self, density: float, lows: list[float]) -> Iterator[np.ndarray]:
        return octaves(self.picture, self.skin, density, lows)

    def without(self, lines: np.ndarray) -> Skin:
        return Skin(self.picture, self.skin & ~lines, tuple(kind & ~lines for kind in self.kinds))


def skin_bands(
    mesh: HeadMesh, canonical: np.ndarray, textures: dict[int, np.ndarray], provenance: dict[int, np.ndarray]
) -> tuple[list[Band], tuple[float, float]]:
    """The bands of a textured head, and the shares of photographed and of generated skin that are lines.

    Args:
        canonical: (N,3) canonical coordinates of the vertices. textures, provenance: (S,S,3) float32 by UDIM tile.
    """
    skins, density = shown_skin(mesh, canonical, textures, provenance)
    lows = [FIRST_BAND * 2**k for k in range(10) if FIRST_BAND * 2 ** (k + 1) <= density / 2]
    found = powers(skins, density, lows)
    bells = {low: tuple(map(drawn, found[low])) for low in lows}
    whole = [sum(int(skin.kinds[k].sum()) for skin in skins) for k in range(2)]
    if any(bell is not None for pair in bells.values() for bell in pair):
        skins = [skin.without(lines(skin, density, lows, bells)) for skin in skins]
        found = powers(skins, density, lows)
    left = [sum(int(skin.kinds[k].sum()) for skin in skins) for k in range(2)]
    shares = tuple(1 - some / max(every, 1) for some, every in zip(left, whole, strict=True))
    return [Band(low, *middle(*found[low])) for low in lows], shares


def shown_skin(
    mesh: HeadMesh, canonical: np.ndarray, textures: dict[int, np.ndarray], provenance: dict[int, np.ndarray]
) -> tuple[list[Skin], float]:
    """The sides that show both kinds of skin, and their pixels per face height; arguments as of skin_bands()."""
    columns = {number: i for i, number in enumerate(textures)}
    texture = np.round(np.hstack(list(textures.values())) * 255).astype(np.float32) / 255  # as the files hold it
    shares = np.hstack([provenance[number] for number in textures])
    size = len(texture)
    tiles = tiles_of(mesh.corner_uvs)
    column = np.array([columns.get(tile_number(*tile) or FIRST, 0) for tile in tiles.tolist()])
    uvs = mesh.corner_uvs - tiles[:, None] + np.stack([column, 0 * column], 1)[:, None]
    mesh = HeadMesh(mesh.vertices, mesh.triangles, uvs.astype(np.float32), mesh.name)
    density = texels_per_face(mesh, canonical, size)
    found = []
    for side in sides(mesh, canonical, density):
        uv = side.fragments.interpolate(side.mesh.corner_uvs)
        place = np.stack([uv[..., 0], 1 - uv[..., 1]], -1) * size
        where = side.at(canonical)
        skin = (side.facing > FACING) & (bare_skin(where) > 0.98) & (np.abs(where[..., 0]) < EAR)
        share = sample(shares, place)
        photo, made = (skin & (share[..., kind] > WHOLLY) for kind in (0, 2))
        photo, made = photo & near(made, REACH * density), made & near(photo, REACH * density)
        if not (photo.any() and made.any()):
            continue
        rows, columns = np.nonzero(photo | made)
        margin = int(density / FIRST_BAND)
        cut = tuple(slice(max(i.min() - margin, 0), i.max() + margin) for i in (rows, columns))
        found.append(Skin(sample(texture, place[cut]) @ CHANNELS.T, skin[cut], (photo[cut], made[cut])))
    return found, density


def powers(skins: list[Skin], density: float, lows: list[float]) -> dict[float, tuple[list, list]]:
    """By octave, of photographed and of generated skin: (n,4) local power per channel and the band's luminance."""
    found: dict[float, tuple[list, list]] = {low: ([], []) for low in lows}
    for skin in skins:
        for low, band in zip(lows, skin.octaves(density, lows), strict=True):
            for kind, kept in zip(skin.kinds, found[low], strict=True):
                use = inner(kind, 0.5 * density / low)
                local = smooth(band**2, use.astype(np.float32), density / low)
                kept.append(np.concatenate([local[use], band[use][:, :1]], 1))
    return found


def evenness(band: np.ndarray, power: float) -> float:
    """0..1 share of its power that is grain: (n,) values of noise spread as a bell or a little wider, those of lines
    are nearly all zero (the median absolute deviation tells, Rousseeuw and Croux 1993)."""
    bell = float(np.median(np.abs(band)) / 0.6745) ** 2
    heavier = power / max(bell, 1e-12)
    return float(np.clip((LINES - heavier) / (LINES - HEAVIEST), 0, 1))


def drawn(kind: list[np.ndarray]) -> float | None:
    """Of one kind's powers() in an octave: the deviation of its grain if it holds lines, None if it does not."""
    pixels = np.concatenate(kind) if kind else np.zeros((0, 4))
    power = float(np.median(pixels[:, 0])) if len(pixels) >= ENOUGH else 0.0
    if np.sqrt(power) < UNSEEN or evenness(pixels[:, 3], power) > DRAWN:
        return None
    return float(np.median(np.abs(pixels[:, 3]))) / 0.6745


def lines(skin: Skin, density: float, lows: list[float], bells: dict[float, tuple]) -> np.ndarray:
    """(H,W) bool: what sticks out of the octaves in which either kind holds lines, by the deviations of their grain."""
    found = np.zeros(skin.skin.shape, bool)
    for low, band in zip(lows, skin.octaves(density, lows), strict=True):
        for kind, bell in zip(skin.kinds, bells[low], strict=True):
            if bell is not None:
                found |= kind & (np.abs(band[..., 0]) > max(LINE * bell, STEP))
    return found


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
    from ...compose.compose import Finish
    from ...compose.udim import compose_tiles
    from ...pipeline import load_cached_networks
    from ..prepared import complete, prepare_head

    parser = argparse.ArgumentParser(
        prog="python -m backend.lab bands", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
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
            job = prepare_head(mesh, str(path), "auto", networks)
        except AvatarTexError as refusal:
            print(f"| {path.stem} | {refusal} |", flush=True)
            continue
        options = StageOptions(seed=arguments.seed, another=arguments.seed != 0)
        generated = complete(job, networks, options)
        for size in arguments.sizes:
            tiles = compose_tiles(job, generated, Finish(size, OPACITIES), {}, seed=arguments.seed)
            bands, drawn_lines = skin_bands(
                job.mesh,
                job.canonical,
                {n: tile.texture for n, tile in tiles.items()},
                {n: tile.provenance for n, tile in tiles.items()},
            )
            if not rows:
                lows = [FIRST_BAND * 2**k for k in range(6)]
                print("| portrait | " + " | ".join(f"{low} to {2 * low}" for low in lows) + " |")
                print("|---" * (len(lows) + 1) + "|")
            rows[f"{path.stem} {size}"] = [asdict(band) for band in bands]
            print(line(f"{path.stem}, {job.style}, {size}", bands), flush=True)
            if max(drawn_lines) > 0:
                print("| lines left out: {:.0%} of photographed skin, {:.0%} of generated |".format(*drawn_lines))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))
    return 0
