"""Skins painted for known heads, resampled into the canonical atlas: the raw material of the texture prior.

    python -m backend.lab texhub align --data DATA --output atlas.npz

DATA holds a folder per kit, as shared/data does: KIT/heads/*.obj (or .ply, .glb) and KIT/skins/*.jpg (or .png). A skin
is any square or oblong picture painted for exactly the UVs of the kit's head; outside the UV islands it may hold
anything. Which head: the only one in heads/, or the one that KIT/kit.json names. That file may also say which skins
share a person and which are no people, by their names without extension; all of it is optional:

    {"head": "heads/neutral.obj", "faces": {"anna_young": "anna", "anna_old": "anna"}, "creatures": ["ork"]}

Without "faces" two skins share a face when their relief says so (face_groups). DATA/detail/*.jpg may hold frontal face
textures of high resolution, whose pores the builder borrows.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from ...errors import AvatarTexError, ErrorCode
from ...head.atlas import canonical_head, fit_canonical, map_atlas, to_atlas
from ...head.landmarks import find_head_landmarks
from ...head.mesh import HeadMesh, load_mesh, vertex_normals
from ...head.rasterize import rasterize, texel_corners
from ...imaging.sample import spread
from ...portrait.landmark_groups import LEFT_EYE, RIGHT_EYE

#: Heads of the kits of shared/data, which have several, or no kit.json.
SETS = {"makehuman": "makehuman/heads/neutral.obj", "valid": "valid/heads/white_f_1.obj"}
CREATURES = ("baboon", "ork")
HEADS, PICTURES = (".obj", ".ply", ".glb"), (".jpg", ".jpeg", ".png")
#: Two skins share a face when the fine relief of their faces correlates more; MakeHuman skins share a base (0.8).
SAME_FACE = 0.93
#: Supersampling of the atlas: 2048 px skins would alias at 256 texels.
OVERSAMPLE = 4
#: Texels per side of the map of UV islands; the background beside them is painted over before sampling.
ISLANDS = 1024


def atlas_layout(mesh: HeadMesh, size: int) -> dict[str, np.ndarray]:
    """uv (S,S,2), covered (S,S), positions and normals (S,S,3) in canonical coordinates, of a head in the atlas."""
    landmarks = find_head_landmarks(mesh)
    to_canonical = fit_canonical(landmarks)
    canonical = to_canonical(mesh.vertices.astype(np.float64))
    layout = map_atlas(mesh, canonical, size)
    fragments = layout.fragments
    normals = vertex_normals(mesh) @ to_canonical.similarity[:, :3].T  # the warp's own bending is left out
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    return {
        "uv": fragments.interpolate(mesh.corner_uvs),
        "islands": rasterize(texel_corners(mesh.corner_uvs, ISLANDS), ISLANDS, ISLANDS).covered,
        "covered": fragments.covered,
        "positions": fragments.interpolate(mesh.corners(canonical).astype(np.float32)),
        "normals": fragments.interpolate(mesh.corners(normals).astype(np.float32)),
    }


def resample(skin: np.ndarray, layout: dict[str, np.ndarray], size: int) -> tuple[np.ndarray, np.ndarray]:
    """(size,size,3) float32 0..1 and valid (size,size) bool of a skin (H,W,3) uint8, averaged from finer texels."""
    skin = cv2.resize(skin, (ISLANDS, ISLANDS), interpolation=cv2.INTER_AREA)
    inner = cv2.erode(layout["islands"].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    skin = spread(skin.astype(np.float32) / 255, inner)  # or the back's seam and the crown take background in
    height, width = skin.shape[:2]
    x = layout["uv"][..., 0] * width - 0.5
    y = (1 - layout["uv"][..., 1]) * height - 0.5
    colour = cv2.remap(
        skin, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    covered = layout["covered"].astype(np.float32)
    weight = cv2.resize(covered, (size, size), interpolation=cv2.INTER_AREA)
    total = cv2.resize(colour * covered[..., None], (size, size), interpolation=cv2.INTER_AREA)
    return total / np.maximum(weight, 1e-6)[..., None], weight > 0.5


def usable_texels(kind: str, covered: np.ndarray) -> np.ndarray:
    """(S,S) bool without what is not skin: collars of the VALID skins, the rims of eye sockets and mouth."""
    size = len(covered)
    v, u = (np.mgrid[:size, :size] + 0.5) / size
    usable = cv2.erode(covered.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    usable |= covered & ((v < 0.05) | (np.abs(u - 0.5) > 0.49))
    usable &= ~eye_openings(size)
    return usable & ~clothes(kind, u, v)


def clothes(kind: str, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Where the kit's skins have a collar painted on, at atlas coordinates u and v."""
    return (kind == "valid") & ((v > 0.80) & (np.abs(u - 0.5) > 0.33) | (v >= 0.90))


def eye_openings(size: int) -> np.ndarray:
    """(size,size) bool between the eyelids: heads have eyeballs there, holes, or the inside of the skull."""
    head = canonical_head()
    mask = np.zeros((size, size), np.uint8)
    for eyelids in (LEFT_EYE, RIGHT_EYE):
        points, trust = head.points[list(eyelids)].copy(), head.trust[list(eyelids)]
        held = sorted(points[trust > 0.4][:, [0, 2]].tolist())
        points[:, 2] = np.interp(points[:, 0], *np.transpose(held))  # upper lids were found on what lies behind
        cv2.fillPoly(mask, [np.rint(to_atlas(points) * size - 0.5).astype(np.int32)], 1)
    return cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0


def complete_by_mirror(texture: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Texels without data take those of the other side of the face where it has them."""
    other, other_valid = texture[:, ::-1], valid[:, ::-1]
    borrowed = other_valid & ~valid
    return np.where(borrowed[..., None], other, texture), valid | borrowed


def find_kits(data: Path) -> dict[str, tuple[Path, dict]]:
    """Kits of a data folder: name -> (head, what kit.json says).

    Raises:
        AvatarTexError: BAD_REQUEST when there is none, or when a kit does not say which of its heads its skins are for.
    """
    kits = {}
    for folder in sorted(path.parent for path in data.glob("*/skins")):
        file = folder / "kit.json"
        said = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        known = [data / SETS[folder.name]] if folder.name in SETS else []
        heads = [path for path in sorted(folder.glob("heads/*")) if path.suffix.lower() in HEADS]
        candidates = [folder / said["head"]] if "head" in said else known or heads
        if not candidates and folder.name not in SETS:
            continue
        if len(candidates) > 1:
            raise AvatarTexError(
                ErrorCode.BAD_REQUEST,
                f"The kit {folder.name!r} has {len(candidates)} heads.",
                f'Name the one that its skins are painted for in {folder.name}/kit.json: {{"head": "heads/..."}}.',
            )
        kits[folder.name] = candidates[0], said
    if not kits:
        raise AvatarTexError(
            ErrorCode.BAD_REQUEST,
            f"No skins with their heads in {data.name!r}.",
            "Lay the folder out as KIT/heads/head.obj and KIT/skins/*.jpg.",
        )
    return kits


def face_groups(textures: np.ndarray, names: list[str], people: dict[str, str] | None = None) -> np.ndarray:
    """(N,) int: skins that share a face share a number, by name (VALID, people) or by the relief of the face.

    Args:
        people: name -> person, of skins whose person is known.
    """
    people = people or {}
    size = textures.shape[1]
    box = slice(int(0.30 * size), int(0.80 * size)), slice(int(0.28 * size), int(0.72 * size))
    grey = textures[..., 1].astype(np.float32)
    relief = []
    for picture in grey:
        fine = (picture - cv2.GaussianBlur(picture, (0, 0), size / 40))[box].ravel()
        relief.append((fine - fine.mean()) / (fine.std() + 1e-6))
    relief = np.array(relief)
    alike = relief @ relief.T / relief.shape[1] > SAME_FACE
    keys = [
        people.get(
            name, name.split("/")[-1].removeprefix("X_").rsplit("_", 1)[0] if name.startswith("valid/") else name
        )
        for name in names
    ]
    both = np.array([name in people for name in names])
    alike &= ~(both[:, None] & both[None])  # what is said counts, not the likeness
    alike |= np.array([[a == b for b in keys] for a in keys])
    group = np.arange(len(names))
    for i in range(len(names)):
        for j in np.nonzero(alike[i])[0]:
            group[group == group[j]] = group[i]
    return np.unique(group, return_inverse=True)[1]


def build(data: Path, size: int = 256) -> dict[str, np.ndarray]:
    """Every skin of the data folder in the atlas; the arrays of atlas.npz."""
    textures, valid, names, style, people, shared = [], [], [], [], {}, {}
    for kind, (head, said) in find_kits(data).items():
        layout = atlas_layout(load_mesh(head), size * OVERSAMPLE)
        creatures = said.get("creatures", CREATURES)
        for path in sorted(path for path in (data / kind / "skins").iterdir() if path.suffix.lower() in PICTURES):
            skin = cv2.imread(str(path))[..., ::-1]
            texture, covered = resample(skin, layout, size)
            texture, ok = complete_by_mirror(texture, covered & usable_texels(kind, covered))
            textures.append(np.rint(texture * 255).astype(np.uint8))
            valid.append(ok.astype(np.uint8))
            names.append(f"{kind}/{path.stem}")
            style.append("creature" if any(word in path.stem for word in creatures) else "photo")
            if path.stem in said.get("faces", {}):
                people[names[-1]] = f"{kind}/{said['faces'][path.stem]}"
        middle = slice(OVERSAMPLE // 2, None, OVERSAMPLE)
        small = {key: layout[key][middle, middle] for key in layout if key != "islands"}
        shared[kind] = small
    # the geometry for light and visibility: the first kit's head (MakeHuman), and another's neck where that head ends
    first, second = next(iter(shared.values())), list(shared.values())[-1]
    use = first["covered"][..., None]
    stacked = np.array(textures)
    return {
        "textures": stacked,
        "valid": np.array(valid),
        "names": np.array(names),
        "face": face_groups(stacked, names, people),
        "style": np.array(style),
        "positions": np.where(use, first["positions"], second["positions"]),
        "normals": np.where(use, first["normals"], second["normals"]),
        "covered": first["covered"] | second["covered"],
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab texhub align", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of heads and skins, laid out as shared/data")
    parser.add_argument("--output", type=Path, required=True, help="the npz to write")
    parser.add_argument("--size", type=int, default=256, help="texels (default 256)")
    arguments = parser.parse_args(argv)
    arrays = build(arguments.data, arguments.size)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    np.savez(arguments.output, **arrays)
    print(f"{arguments.output.name}: {len(arrays['names'])} skins, {arrays['face'].max() + 1} faces")
    return 0
