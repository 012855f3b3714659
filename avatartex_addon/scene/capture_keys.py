"""Head with shape keys -> capture: the mesh at rest, without modifiers, and what each key does to its vertices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np

from ..backend.shape_keys import find_channels
from ..core.chore import Parts
from .arrays import read_each
from .capture import arrange, read_mesh, save_capture


def find_keys(head: bpy.types.Object) -> list[str]:
    """Names of the head's shape keys that are expressions."""
    keys = head.data.shape_keys
    names = [key.name for key in keys.key_blocks if key != keys.reference_key] if keys is not None else []
    return [name for same in find_channels(names).values() for name in same]


def capture_keys(
    path: Path, head: bpy.types.Object, uv_map: str, textured: tuple[int, ...], names: Sequence[str]
) -> Parts:
    """A chore that writes the head for the backend as capture.py's capture_head does, at rest; with poses (K,N,3)
    float32, the moves of its vertices in world space, and pose_names (K,).

    Raises:
        AvatarTexError: NO_MESH, NO_UVS, BAD_MESH. OSError: when the disk is full.
    """
    if head.mode == "EDIT":
        head.update_from_editmode()
    raw = read_mesh(head.data, uv_map, head.name)
    keys = head.data.shape_keys
    raw["vertices"] = key_places(keys.reference_key)
    moves = np.stack(
        [key_places(keys.key_blocks[name]) - key_places(keys.key_blocks[name].relative_key) for name in names]
    )
    matrix, slots, name = np.array(head.matrix_world, np.float64), len(head.material_slots), head.name

    def write() -> None:
        turned = (moves @ matrix[:3, :3].T).astype(np.float32)
        arrays = arrange(raw) | {"poses": turned, "pose_names": np.array(names)}
        save_capture(path, arrays, None, matrix, name, uv_map, textured, slots)

    yield write


def key_places(key: bpy.types.ShapeKey) -> np.ndarray:
    """(N,3) float32 in object space."""
    return read_each(key.data, "co", np.float32, 3)
