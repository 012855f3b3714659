"""A head mesh with UVs, from a file or from Blender's capture."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from ..errors import AvatarTexError, ErrorCode
from ..messages import FromPortrait, Register
from ..options import AUTO
from .mesh_files import HEAD_PART, MOST_BYTES, MOST_FACES, read_parts

#: What a capture holds: kinds of NumPy's types, and shapes (-1: any length). The first three are needed.
CAPTURE = {
    "vertices": ("f", (-1, 3)),
    "triangles": ("iu", (-1, 3)),
    "corner_uvs": ("f", (-1, 3, 2)),
    "face_mask": ("bu", (-1,)),
    "object_name": ("U", ()),
    "up": ("U", ()),
}


@dataclass(frozen=True)
class HeadMesh:
    """Triangles with one UV per corner; nothing in it is ever changed.

    vertices: (N,3) float32, any unit, any orientation.
    triangles: (M,3) int32 into vertices.
    corner_uvs: (M,3,2) float32, origin at the lower left, one tile is 0..1.
    up: 'y' (files) or 'z' (Blender), where the search for the face starts.
    others: (K,3,2) float32, UVs of faces that share the map but are no head: their texels stay as they are.
    numbers: (N,) which vertices of what was read these are; empty for all of them.
    chosen: where the face looks and where its crown is, as the artist says: values of options.FRONT and UP.
    turn: (3,3) rows are the mesh's axes in those of what was read.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    corner_uvs: np.ndarray
    name: str
    up: str = "y"
    others: np.ndarray = field(default_factory=lambda: np.zeros((0, 3, 2), np.float32))
    numbers: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    chosen: tuple[str, str] = (AUTO, AUTO)
    turn: np.ndarray = field(default_factory=lambda: np.eye(3))

    def turned(self, turn: np.ndarray) -> HeadMesh:
        """The mesh in other axes, the rows of (3,3) turn; to the bit where those are its own axes in another order."""
        if np.array_equal(turn, np.eye(3)):
            return self
        vertices = np.ascontiguousarray(self.vertices @ turn.T.astype(np.float32))
        return replace(self, vertices=vertices, turn=turn @ self.turn)

    def only(self, faces: np.ndarray) -> tuple[HeadMesh, np.ndarray]:
        """The mesh of some faces (M,) bool, the rest of them as others; and which vertices are left."""
        used, triangles = np.unique(self.triangles[faces], return_inverse=True)
        return replace(
            self,
            vertices=self.vertices[used],
            triangles=triangles.reshape(-1, 3).astype(np.int32),
            corner_uvs=self.corner_uvs[faces],
            others=np.concatenate([self.others, self.corner_uvs[~faces]]),
            numbers=self.numbers[used] if len(self.numbers) else used,
        ), used

    @cached_property
    def welded(self) -> np.ndarray:
        """(N,) the same number for vertices at the same place, to a hundred-thousandth of the mesh's extent."""
        low = self.vertices.min(0)
        extent = float((self.vertices.max(0) - low).max()) or 1.0
        x, y, z = np.rint((self.vertices - low).astype(np.float64) / extent * 1e5).astype(np.int64).T
        return np.unique((x << 40) | (y << 20) | z, return_inverse=True)[1]

    def corners(self, per_vertex: np.ndarray) -> np.ndarray:
        """(M,3,...) values at the corners of every triangle."""
        return per_vertex[self.triangles]


def load_head(request: FromPortrait | Register) -> HeadMesh:
    """The head that a request names.

    Raises:
        AvatarTexError: NO_MESH, NO_UVS or BAD_MESH; BAD_REQUEST where front and up lie on one axis.
    """
    if request.up != AUTO and request.front.strip("-") == request.up.strip("-"):
        raise ErrorCode.BAD_REQUEST(
            f"Front {request.front} and up {request.up} lie on one axis.",
            "Choose another axis for one of them, or let it be found.",
        )
    mesh = load_capture(request.capture) if request.capture else load_mesh(request.mesh, request.faces)
    return replace(mesh, chosen=(request.front, request.up))


def load_mesh(path: str | Path, faces: str = "") -> HeadMesh:
    """Read an OBJ, PLY or GLB file.

    Args:
        faces: names of the parts (objects, groups, materials) that are head, by commas; all if empty.

    Raises:
        AvatarTexError: NO_MESH, NO_UVS or BAD_MESH.
    """
    path, wanted = Path(path), {name.strip() for name in faces.split(",") if name.strip()}
    parts, listed = read_parts(path, wanted)
    if not parts:
        raise ErrorCode.NO_MESH(f"{path.name!r} holds no faces.", "Choose a file with a head mesh.")
    names = [part_names(part) for part in parts]
    listed = listed or set().union(*names)
    if missing := wanted - listed:
        raise ErrorCode.BAD_REQUEST(
            f"{path.name!r} has no part named {', '.join(map(repr, sorted(missing)))}.",
            f"Name some of these: {', '.join(sorted(listed))}.",
        )
    wanted = {HEAD_PART} if HEAD_PART in set().union(*names) else wanted
    uvs = [usable_uvs(part) for part in parts]
    if any(uv is None and (not wanted or name & wanted) for uv, name in zip(uvs, names)):
        raise ErrorCode.NO_UVS(
            f"{path.name!r} has no usable UV map.", "Unwrap the head (UV > Unwrap) and generate again."
        )
    first = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    chosen = np.concatenate([np.full(len(p.faces), not wanted or bool(n & wanted)) for p, n in zip(parts, names)])
    return checked(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.faces + start for part, start in zip(parts, first)]),
        np.concatenate(
            [np.zeros((len(part.faces), 3, 2)) if uv is None else uv[part.faces] for part, uv in zip(parts, uvs)]
        ),
        path.name,
        "y",
        chosen,
    )


def usable_uvs(part) -> np.ndarray | None:
    """(N,2) one per vertex of a part; None where there are none or not as many."""
    uv = getattr(part.visual, "uv", None)
    uv = None if uv is None else np.asarray(uv, np.float64)
    return uv[:, :2] if uv is not None and uv.ndim == 2 and uv.shape[1] > 1 and len(uv) == len(part.vertices) else None


def part_names(part) -> set[str]:
    """Under which names an artist knows a part of a file: its object's or group's, its material's."""
    material = getattr(part.visual, "material", None)
    names = (part.metadata.get("name"), part.metadata.get("node"), getattr(material, "name", None))
    texts = {name for name in names if isinstance(name, str) and name}  # a GLB may have anything there
    return {HEAD_PART if HEAD_PART in name else name for name in texts}


def load_capture(path: str | Path) -> HeadMesh:
    """Read the HeadCapture npz that the add-on writes (architecture.md, the way of the data, 1).

    Raises:
        AvatarTexError: NO_MESH, NO_UVS or BAD_MESH.
    """
    what = f"The capture {Path(path).name[:80]!r} could not be read"
    cure = "Generate again; if it stays, report it with the log."
    if not os.path.isfile(path):
        raise ErrorCode.BAD_MESH(f"{what} (there is no such file).", cure)
    try:
        with np.load(path, allow_pickle=False) as capture:
            refuse_bomb(capture.zip)
            arrays = {name: capture[name] for name in CAPTURE if name in capture}
        vertices, triangles, corner_uvs = (arrays[name] for name in ("vertices", "triangles", "corner_uvs"))
        for name, values in arrays.items():
            kinds, shape = CAPTURE[name]
            if (
                values.dtype.kind not in kinds
                or len(values.shape) != len(shape)
                or any(size not in (-1, given) for size, given in zip(shape, values.shape))
            ):
                raise Damaged(f"{name} has another shape or type")
        if len(corner_uvs) != len(triangles) or len(arrays.get("face_mask", triangles)) != len(triangles):
            raise Damaged("its parts are of different lengths")
        chosen = arrays["face_mask"].astype(bool) if "face_mask" in arrays and arrays["face_mask"].any() else None
        name, up = str(arrays.get("object_name", Path(path).stem))[:200], str(arrays.get("up", "z"))
        if up not in ("y", "z"):
            raise Damaged("up is neither y nor z")
        return checked(vertices, triangles, corner_uvs, name, up, chosen)
    except (AvatarTexError, MemoryError):
        raise
    except Exception as reason:  # numpy's reader raises what it likes for a header that is none
        detail = reason if isinstance(reason, Damaged) else "it is damaged"
        raise ErrorCode.BAD_MESH(f"{what} ({detail}).", cure) from reason


class Damaged(ValueError):
    """Why a capture is none."""


def refuse_bomb(archive: zipfile.ZipFile) -> None:
    """Refuse an archive that unpacks to more than any head.

    Raises:
        Damaged: with the reason.
    """
    if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
        raise Damaged("it unpacks to more than a gigabyte")


def checked(
    vertices: np.ndarray,
    triangles: np.ndarray,
    corner_uvs: np.ndarray,
    name: str,
    up: str,
    chosen: np.ndarray | None = None,
) -> HeadMesh:
    """The mesh with the wire's types, or the refusal that names what is wrong with it.

    Args:
        chosen: (M,) bool, the faces that are head; the rest only keeps its texels.
    """
    refuse_no_vertices(triangles, len(vertices), name)  # before it is narrowed: 2**33 would become 0
    with np.errstate(over="ignore"):  # what is too large becomes infinite, which is refused below
        vertices = np.ascontiguousarray(vertices, np.float32)
        corner_uvs = np.ascontiguousarray(corner_uvs, np.float32)
    triangles = np.ascontiguousarray(triangles, np.int32)
    refuse_broken(vertices, triangles, corner_uvs, name)
    mesh = HeadMesh(vertices, triangles, corner_uvs, name, up)
    if chosen is not None and not chosen.all():
        mesh, _ = mesh.only(np.asarray(chosen, bool))
    refuse_empty_uvs(mesh.corner_uvs, name)
    return mesh


def refuse_broken(vertices: np.ndarray, triangles: np.ndarray, corner_uvs: np.ndarray, name: str) -> None:
    """Say what is wrong with a mesh before any work: Blender's side asks too, so that no job is started for it.

    Raises:
        AvatarTexError: NO_MESH, NO_UVS or BAD_MESH.
    """
    if not len(triangles):
        raise ErrorCode.NO_MESH(f"{name!r} has no faces.", "Select a head mesh.")
    if len(triangles) > MOST_FACES:
        raise ErrorCode.BAD_MESH(
            f"{name!r} has {len(triangles):,} triangles, more than {MOST_FACES:,}.",
            "Lower its subdivision or multiresolution levels, or decimate it, and generate again.",
        )
    refuse_no_vertices(triangles, len(vertices), name)
    for kind, values, cure in (
        ("vertices", vertices, "Delete these vertices in Edit Mode, or undo what made them."),
        ("faces with UVs", corner_uvs, "Unwrap these faces again."),
    ):
        broken = ~np.isfinite(values).reshape(len(values), -1).all(1)
        if broken.any():
            raise ErrorCode.BAD_MESH(
                f"{name!r} has {broken.sum():,} {kind} whose coordinates are not numbers, "
                f"the first is number {broken.argmax()}.",
                cure,
            )
    used = vertices[triangles].reshape(-1, 3)
    with np.errstate(over="ignore"):
        extent = np.ptp(used.astype(np.float64), axis=0).max()
    if not 1e-9 < extent < 1e12:
        raise ErrorCode.BAD_MESH(f"{name!r} is {extent:.1g} units large.", "Check its scale and its vertices.")
    refuse_empty_uvs(corner_uvs, name)


def refuse_no_vertices(triangles: np.ndarray, count: int, name: str) -> None:
    if len(triangles) and (triangles.min() < 0 or triangles.max() >= count):
        raise ErrorCode.BAD_MESH(f"{name!r} has faces with vertices that do not exist.", "Export the mesh again.")


def refuse_empty_uvs(corner_uvs: np.ndarray, name: str) -> None:
    edges = corner_uvs[:, 1:].astype(np.float64) - corner_uvs[:, :1]
    if np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]).sum() < 1e-6:
        raise ErrorCode.NO_UVS(
            f"The UV map of {name!r} is empty: all faces lie in one point or line of it.",
            "Unwrap the head (UV > Unwrap) and generate again.",
        )


def vertex_normals(mesh: HeadMesh, places: np.ndarray | None = None) -> np.ndarray:
    """(N,3) float32 unit normals, area-weighted, shared by vertices at one place (files split them along UV seams).

    Args:
        places: (N,3) where the vertices are instead, as in canonical coordinates.
    """
    a, b, c = np.moveaxis(mesh.corners(mesh.vertices if places is None else places), 1, 0)
    face = np.cross(b - a, c - a)
    shared = mesh.welded[mesh.triangles].ravel()
    total = np.zeros((mesh.welded.max() + 1, 3))
    for axis in range(3):
        total[:, axis] = np.bincount(shared, np.repeat(face[:, axis], 3), minlength=len(total))
    length = np.linalg.norm(total, axis=1, keepdims=True)
    if np.median(length) < 1e-6 * np.median(np.linalg.norm(face, axis=1)):
        single = one_sided(mesh)
        if len(single.triangles) < len(mesh.triangles):
            return vertex_normals(single, places)  # every face doubled and turned over: they cancelled out
    return (total / np.maximum(length, 1e-20))[mesh.welded].astype(np.float32)


def one_sided(mesh: HeadMesh) -> HeadMesh:
    """The first of the faces between the same places."""
    places = np.sort(mesh.welded[mesh.triangles], axis=1)
    _, first = np.unique(places, axis=0, return_index=True)
    return replace(mesh, triangles=mesh.triangles[first], corner_uvs=mesh.corner_uvs[first])
