"""Where a head's vertices are in each of its expressions: from Blender's capture, or from a mesh file for each."""

import numpy as np

from ..errors import ErrorCode
from ..head.mesh import Damaged, HeadMesh, load_mesh, refuse_bomb
from ..messages import Expressions


def read_poses(request: Expressions, mesh: HeadMesh) -> dict[str, np.ndarray]:
    """(V,3) float64 moves of all vertices of what was read, by the shape key's name.

    Raises:
        AvatarTexError: BAD_REQUEST, BAD_MESH.
    """
    if request.capture:
        return captured_poses(request.capture)
    if not request.poses:
        raise ErrorCode.BAD_REQUEST(
            "No expression was given.", "Name one with --pose, as in --pose mouthSmile=smile.obj."
        )
    for one in request.poses:
        if not all(isinstance(one.get(field), str) and one[field] for field in ("name", "file")):
            raise ErrorCode.BAD_REQUEST("A pose has no name or no file.", "Give each pose both.")
    return {one["name"]: file_pose(one["name"], one["file"], mesh, request.faces) for one in request.poses}


def part_of(moves: np.ndarray, mesh: HeadMesh) -> np.ndarray:
    """(N,3) of the vertices of a part of what was read, in its axes; those that lie beyond what moves stay.

    Args:
        moves: (V,3) of all vertices, in the axes of what was read.
    """
    moves = moves @ mesh.turn.T
    if not len(mesh.numbers):
        return moves
    whole = np.zeros((max(len(moves), int(mesh.numbers.max()) + 1), 3))
    whole[: len(moves)] = moves
    return whole[mesh.numbers]


def captured_poses(path: str) -> dict[str, np.ndarray]:
    """As avatartex_addon/scene/capture.py writes them.

    Raises:
        AvatarTexError: BAD_MESH.
    """
    try:
        with np.load(path, allow_pickle=False) as capture:
            refuse_bomb(capture.zip)
            names, moves = capture["pose_names"], capture["poses"]
            if (
                names.dtype.kind != "U"
                or moves.dtype.kind != "f"
                or moves.shape != (*names.shape, *capture["vertices"].shape)
            ):
                raise Damaged("poses have another shape or type")
        if not np.isfinite(moves).all():
            raise Damaged("a pose holds what is no number")
        return dict(zip(names.tolist(), moves.astype(np.float64), strict=True))
    except MemoryError:
        raise
    except Exception as reason:  # as head/mesh.py's load_capture
        detail = reason if isinstance(reason, Damaged) else "it is damaged"
        raise ErrorCode.BAD_MESH(
            f"The shape keys of the capture could not be read ({detail}).",
            "Add the maps again; if it stays, report it with the log.",
        ) from reason


def file_pose(name: str, path: str, mesh: HeadMesh, faces: str) -> np.ndarray:
    """(V,3) from a file with the same mesh, moved.

    Raises:
        AvatarTexError: BAD_MESH, it is another mesh.
    """
    posed = load_mesh(path, faces)
    if not np.array_equal(posed.triangles, mesh.triangles):
        raise ErrorCode.BAD_MESH(
            f"The expression {name[:80]!r} is not the head's own mesh.",
            "Export it from the same head, with the same vertices.",
        )
    numbers = mesh.numbers if len(mesh.numbers) else np.arange(len(mesh.vertices))
    moves = np.zeros((int(numbers.max()) + 1, 3))
    moves[numbers] = posed.vertices.astype(np.float64) - mesh.vertices
    return moves
