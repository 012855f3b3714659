"""All maps of one head: what each texel's relief, cover and place on the head make of them; and their files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..compose.canvas import share_of_head
from ..compose.compose import Anew, Composition
from ..compose.texels import Texels, find_texels
from ..head.match import DRAWN
from ..head.mesh import HeadMesh
from ..head.uvs import precedence
from ..imaging.files import encode_values
from ..job import Prepared
from ..layers.flatten import flatten
from ..layers.shade import find_shade
from ..map_options import GREEN, PICTURES
from ..surface.find import Details
from .gloss import ROUGHNESS, SKIN_F0, find_roughness, find_scatter, find_specular
from .occlusion import find_occlusion
from .redone import Redone, blend, with_bits
from .relief import DEEPEST, Relief, covered, with_hair
from .tangents import find_frames, slopes, tangent_normals

#: What texels beside the head have.
NOTHING = {"roughness": ROUGHNESS, "specular": SKIN_F0, "ao": 1.0, "cavity": 1.0, "subsurface": 1.0}
#: Share of light that the deepest hollow of the relief loses.
HOLLOW = 0.5


@dataclass(frozen=True)
class Asked:
    """maps: names of map_options.MAPS, without all. green: of map_options.GREEN. bits: of MAP_BITS. pack: of
    PACK. size: texels. opacities: of the texture's layers. blended: the head fades into a base texture."""

    maps: tuple[str, ...]
    green: str
    bits: int
    pack: str
    size: int
    opacities: Mapping[str, float]
    blended: bool

    @property
    def files(self) -> tuple[str, ...]:
        """The maps and the packed pictures that are written."""
        return *self.maps, *PICTURES[self.pack]


@dataclass
class Maps:
    """The maps of one job, made tile by tile. redone: of what they become parts. lean: degrees by tile that the relief
    leans in the median and in the steepest twentieth of the head's texels, for the report."""

    job: Prepared
    details: Details
    asked: Asked
    redone: Redone | None = None
    lean: dict[int, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wanted = needed(self.asked.maps, self.asked.pack)
        made_up = self.redone is not None and self.redone.made_up
        self.relief = Relief(self.job, self.details, self.asked.opacities.get("folds", 0.0), made_up)
        normals = self.job.registration.normals.astype(np.float32)
        shaded = self.wanted & {"ao"}
        self.open = find_occlusion(self.job.mesh, normals) if shaded else np.ones(len(normals), np.float32)

    def files(self, number: int, tile: Composition) -> Iterator[tuple[str, bytes]]:
        """Names ("normal", or those of packed pictures) and files of one tile's maps."""
        anew = None if tile.anew is None else self._faded(number, tile.anew)
        if self.redone is not None and anew is None:  # nothing of this tile is made anew
            for name in self.asked.files:
                yield name, encode_values(name, with_bits(self.redone.old[name][number], self.asked.bits))
            return
        part = tile if anew is None else anew.part
        made = self.make(number, part)
        made |= self.whole_pictures(part, made)
        for name in self.asked.files:
            picture = made[name] if name in made else packed(made, name)
            if self.redone is not None and anew is not None:
                picture = blend(self.redone.old[name][number], picture, anew, self.asked.bits)
            yield name, encode_values(name, picture)

    def _faded(self, number: int, anew: Anew) -> Anew:
        """What is made anew, less of it where the head fades into what it lies on."""
        mesh = self.job.tiles[number]
        texels, share = self._texels(number, anew.part), anew.share.copy()
        share[texels.filled] *= share_of_head(anew.part.atlas, texels.at(mesh, self.job.canonical)[:, 1])
        return replace(anew, share=share)

    def _texels(self, number: int, part: Composition) -> Texels:
        mesh = self.job.tiles[number]
        order = lambda: precedence(mesh, self.job.canonical, self.job.observation.better_side)  # noqa: E731
        return find_texels(mesh, self.asked.size, order).inside(part.box)

    def whole_pictures(self, tile: Composition, made: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """(S,S,3) integers by name of files.SOURCES, of those that packed pictures are."""
        out: dict[str, np.ndarray] = {}
        for name in {channel for picture in PICTURES[self.asked.pack] for channel in CHANNELS[picture]} & {*SOURCES}:
            if name in GREEN.values:
                out[name] = with_green(made["normal"], name != self.asked.green)
                continue
            colour = tile.texture
            if name == "albedo":  # the same layers, without the portrait's light
                flat = flatten(tile.planes, {**self.asked.opacities, "light": 0.0})
                colour = flat.T.reshape(colour.shape)
            coded = np.rint(np.clip(colour, 0, 1) * 255).astype(np.uint8)
            coded = find_shade(coded) if name == "shade" else coded
            out[name] = coded if self.asked.bits == 8 else coded.astype(np.uint16) * 257
        return out

    def make(self, number: int, tile: Composition) -> dict[str, np.ndarray]:
        """(H,W) or (H,W,3) of the composed part by name: integers of the bits that were asked for, displacement as
        floats in mesh units."""
        mesh, size = self.job.tiles.get(number), self.asked.size
        if mesh is None:  # a base texture's tile that the head does not use
            nothing = np.zeros((size, size), bool)
            return self._laid_out({}, nothing)
        texels = self._texels(number, tile)
        place = texels.at(mesh, self.job.canonical)
        drawn = self.job.style in DRAWN
        face = self.relief.unit * size * per_unit(mesh)
        cover, lighter = covered(tile.planes, self.asked.opacities, texels.filled, face)
        unit, height = self.relief.unit, self.relief.heights(mesh, texels)
        if not drawn:
            height = with_hair(height, cover, lighter, texels.filled, unit, face)
        keep = share_of_head(tile.atlas, place[:, 1]) if self.asked.blended and self.redone is None else None
        if keep is not None:
            height *= keep
        values: dict[str, np.ndarray] = {"displacement": height}
        if "normal" in self.wanted:
            values["normal"] = self._normals(number, mesh, texels, height)
        hollow = np.clip(-height / (unit * DEEPEST), 0, 1) * (1 - cover)
        if "cavity" in self.wanted:
            values["cavity"] = 1 - HOLLOW * hollow
        if "ao" in self.wanted:
            values["ao"] = np.clip(texels.at(mesh, self.open[:, None])[:, 0], 0, 1) * (1 - HOLLOW / 2 * hollow)
        if "roughness" in self.wanted and not drawn:
            values["roughness"] = find_roughness(tile.atlas, place, cover)
        if "specular" in self.wanted and not drawn:
            values["specular"] = find_specular(cover)
        if "subsurface" in self.wanted and not drawn:
            values["subsurface"] = find_scatter(cover)
        for name, nothing in NOTHING.items():
            if keep is not None and name in values:
                values[name] = nothing + keep * (values[name] - nothing)
        return self._laid_out(values, texels.filled)

    def _normals(self, number: int, mesh: HeadMesh, texels: Texels, height: np.ndarray) -> np.ndarray:
        """(n,3) 0..1, as a picture has them."""
        laid = np.zeros(texels.filled.shape, np.float32)
        laid[texels.filled] = height
        frames = find_frames(mesh, self.job.registration.normals)
        normals = tangent_normals(mesh, frames, texels, *slopes(laid, texels.filled, self.asked.size))
        lean = np.degrees(np.arccos(np.clip(normals[texels.covered[texels.filled], 2], -1, 1)))
        median, most = (round(float(value), 2) for value in np.quantile(lean, (0.5, 0.95)))
        self.lean[number] = median, most
        if self.asked.green == "directx":
            normals[:, 1] *= -1
        return normals * 0.5 + 0.5

    def _laid_out(self, values: Mapping[str, np.ndarray], filled: np.ndarray) -> dict[str, np.ndarray]:
        """Pictures of (n,) and (n,3) values of the filled texels; beside them a map says nothing."""
        most, kind = (255, np.uint8) if self.asked.bits == 8 else (65_535, np.uint16)
        out: dict[str, np.ndarray] = {}
        for name in sorted(self.wanted):
            nothing = {"normal": np.float32([0.5, 0.5, 1]), "displacement": 0.0}.get(name, NOTHING.get(name))
            whole = name == "displacement"
            scale, of = (1, np.float32) if whole else (most, kind)
            background = np.asarray(nothing, np.float32) * scale
            picture = np.empty((*filled.shape, *background.shape), of)
            picture[:] = background if whole else np.rint(background)
            if name in values:
                scaled = values[name] * np.float32(scale)
                picture[filled] = scaled if whole else np.rint(np.clip(scaled, 0, most))
            out[name] = picture
        return out

    def report(self) -> dict:
        """For the job's report."""
        return {
            "names": list(self.asked.files),
            "green": self.asked.green,
            "bits": self.asked.bits,
            "degrees": {str(number): list(lean) for number, lean in self.lean.items()},
        }


def per_unit(mesh: HeadMesh) -> float:
    """Sides of the UV square that a unit of the mesh is long, on average."""
    areas = []
    for corners in (mesh.corners(mesh.vertices).astype(np.float64), mesh.corner_uvs.astype(np.float64)):
        one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        squares = (one**2).sum(1) * (other**2).sum(1) - (one * other).sum(1) ** 2
        areas.append(float(np.sqrt(np.maximum(squares, 0)).sum()))
    return float(np.sqrt(areas[1] / max(areas[0], 1e-12)))


#: Channels of packed pictures, red first, by their names in map_options.PICTURES; 0 and 1 are constants, "-" turns a
#: map over. What stands alone and has three channels is a whole picture: "albedo" and "shade" are made of the texture,
#: "opengl" and "directx" are the normals with that green.
CHANNELS: Mapping[str, tuple[str, ...]] = {
    "orm": ("ao", "roughness", "0"),  # glTF's occlusion, roughness, metallic; Unreal packs the same
    "unity": ("0", "ao", "1", "-roughness"),  # metallic, occlusion, detail mask, smoothness
    "metahuman_albedo": ("albedo",),
    "metahuman_normal": ("directx",),
    "metahuman_cavity": ("cavity",),
    "vrm_shade": ("shade",),
    "vrm_normal": ("opengl",),
}
#: The maps that whole pictures are made of.
SOURCES: Mapping[str, tuple[str, ...]] = {"albedo": (), "shade": (), "opengl": ("normal",), "directx": ("normal",)}


def needed(maps: Iterable[str], pack: str) -> set[str]:
    """The maps that are made: those that were asked for, and those that packed pictures hold."""
    channels = {channel.strip("-") for picture in PICTURES[pack] for channel in CHANNELS[picture]} - {"0", "1"}
    return {*maps, *(source for channel in channels for source in SOURCES.get(channel, (channel,)))}


def packed(maps: Mapping[str, np.ndarray], picture: str) -> np.ndarray:
    """(S,S), (S,S,3) or (S,S,4) integers of (S,S) maps of the same type, or of one whole picture.

    Args:
        picture: a name of map_options.PICTURES.
    """
    names = CHANNELS[picture]
    if len(names) == 1:
        return maps[names[0]]
    known = next(maps[name.strip("-")] for name in names if name not in ("0", "1"))
    most = np.iinfo(known.dtype).max

    def channel(name: str) -> np.ndarray:
        if name in ("0", "1"):
            return np.full(known.shape, most * int(name), known.dtype)
        return most - maps[name[1:]] if name.startswith("-") else maps[name]

    return np.stack([channel(name) for name in names], 2)


def with_green(normals: np.ndarray, turned: bool) -> np.ndarray:
    """(S,S,3) integers of a normal map, its green turned over where that is wanted."""
    out = normals.copy()
    if turned:
        out[..., 1] = np.iinfo(out.dtype).max - out[..., 1]
    return out
