"""Mesh files to parts: OBJ, PLY and GLB, and nothing that lies beside them.

What a file says of itself is judged before the reader builds it: a few bytes can ask for a million copies.
"""

import io
import json
import os
import re
import struct
from pathlib import Path

from ..errors import AvatarTexError, ErrorCode
from ..paths import reachable

#: Triangles, of which a million take half a minute and more say nothing more about a face; bytes: an OBJ of so many
#: triangles has 300 MB.
MOST_FACES, MOST_BYTES = 2_000_000, 1_000_000_000
#: Copies in a GLB's scene.
MOST_NODES = 10_000
#: The name that chosen parts of an OBJ are gathered under.
HEAD_PART = "avatartex_head"
CURE = "Export the head as OBJ, PLY or GLB with UVs."


def read_parts(path: Path, wanted: set[str]) -> tuple[list, set[str]]:
    """The file's meshes as trimesh has them, and the names of an OBJ's parts where some are wanted.

    Raises:
        AvatarTexError: NO_MESH, BAD_MESH.
    """
    import trimesh  # 0.4 s: only jobs that read files pay for it

    path = reachable(path)
    if not os.path.isfile(path):  # a pipe or a device may never end
        raise ErrorCode.NO_MESH(f"There is no mesh file {path.name[:80]!r}.", "Check the path of the mesh.")
    kind = path.suffix.lower().removeprefix(".")
    listed: set[str] = set()
    if kind not in ("obj", "ply", "glb"):
        raise bad_mesh(path, "its name says another format")
    try:
        if os.path.getsize(path) > MOST_BYTES:
            raise bad_mesh(path, "it is larger than a gigabyte")
        data = path.read_bytes()
        if kind == "obj":
            text = whole_uvs(data.decode("utf-8", errors="replace"))
            if wanted:
                text, listed = marked_obj(text, wanted)
            scene = trimesh.load_scene(
                io.StringIO(text), "obj", process=False, skip_materials=True, split_objects=bool(wanted)
            )
        else:
            data = plain_glb(path, data) if kind == "glb" else checked_ply(path, data)
            scene = trimesh.load_scene(io.BytesIO(data), kind, process=False)
        parts = [part for part in scene.dump() if isinstance(part, trimesh.Trimesh) and len(part.faces)]
        for part in parts:
            if part.vertices.shape[1:] != (3,) or part.faces.shape[1:] != (3,):
                raise bad_mesh(path, "its vertices have no three coordinates")
            if part.faces.min() < 0 or part.faces.max() >= len(part.vertices):
                raise bad_mesh(path, "it has faces with vertices that do not exist")
    except (AvatarTexError, MemoryError):
        raise
    except OSError as reason:
        raise bad_mesh(path, reason.strerror or "it cannot be opened") from None
    except Exception as reason:  # the reader raises a different type for every broken format
        raise bad_mesh(path, f"it is damaged, {type(reason).__name__}") from reason
    return parts, listed


def bad_mesh(path: Path, reason: str) -> AvatarTexError:
    return ErrorCode.BAD_MESH(f"{path.name[:80]!r} could not be read as a mesh ({reason}).", CURE)


def whole_uvs(text: str) -> str:
    """An OBJ whose texture coordinates all have two numbers: the format allows one and three, the reader one length."""
    if re.search(r"^vt[ \t]+\S+[ \t]*\r?$", text, re.MULTILINE):
        text = re.sub(r"^(vt[ \t]+\S+)[ \t]*(\r?)$", r"\1 0\2", text, flags=re.MULTILINE)
        text = re.sub(r"^(vt[ \t]+\S+[ \t]+\S+)[ \t]+\S[^\r\n]*", r"\1", text, flags=re.MULTILINE)
    return text


def marked_obj(text: str, wanted: set[str]) -> tuple[str, set[str]]:
    """An OBJ whose wanted faces form an object HEAD_PART, as the reader forgets most names; and all its names."""
    lines, current, listed = [], {}, set()
    for line in text.splitlines():
        kind, _, name = line.strip().partition(" ")
        if kind not in ("o", "g", "usemtl"):
            lines.append(line)
            continue
        current[kind] = {name.strip(), *name.split()}  # a group line may hold several names
        listed |= {name.strip()}
        head = any(names & wanted for names in current.values())
        lines.append(f"o {HEAD_PART if head else 'rest'}")
    return "\n".join(lines), listed


def checked_ply(path: Path, data: bytes) -> bytes:
    """The same, if its header counts no more than the file can hold."""
    header = data[: data.find(b"end_header") + 1][:100_000]
    for count in re.findall(rb"^\s*element\s+\S+\s+(\d{1,30})", header, re.MULTILINE):
        if int(count) > len(data):
            raise bad_mesh(path, "its header counts more than it holds")
    return data


def plain_glb(path: Path, data: bytes) -> bytes:
    """The same without its pictures, if what it asks for is sensible: the reader opens pictures and builds all copies.

    Raises:
        AvatarTexError: BAD_MESH.
        Exception: whatever a damaged file leads to.
    """
    magic, version, _, length, kind = struct.unpack_from("<4sIII4s", data)
    if magic != b"glTF" or version != 2 or kind != b"JSON":
        raise bad_mesh(path, "it is no GLB")
    tree = json.loads(data[20 : 20 + length])
    for name in ("images", "textures"):
        tree.pop(name, None)
    if any(accessor["count"] > 3 * MOST_FACES for accessor in tree.get("accessors", [])):
        raise bad_mesh(path, f"it has more than {MOST_FACES:,} triangles")
    refuse_copies(path, tree)
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    return struct.pack("<4sIII4s", b"glTF", 2, 20 + len(text) + len(rest), len(text), b"JSON") + text + rest


def refuse_copies(path: Path, tree: dict) -> None:
    """Refuse a scene of too many copies of its meshes, or whose nodes lie too deep in one another."""
    nodes, meshes, accessors = tree.get("nodes", []), tree.get("meshes", []), tree.get("accessors", [])
    if len(nodes) > MOST_NODES:
        raise bad_mesh(path, f"it has more than {MOST_NODES:,} objects")
    faces = [
        sum(
            accessors[part.get("indices", part.get("attributes", {}).get("POSITION", 0))]["count"] // 3
            for part in mesh.get("primitives", [])
        )
        for mesh in meshes
    ]
    level = [node for node in {*range(len(nodes))} - {child for node in nodes for child in node.get("children", [])}]
    total = levels = 0
    while level:
        total += sum(faces[nodes[node]["mesh"]] for node in level if "mesh" in nodes[node])
        level, levels = [child for node in level for child in nodes[node].get("children", [])], levels + 1
        if levels > 200 or len(level) > MOST_NODES:  # the reader takes seconds for a thousand levels
            raise bad_mesh(path, "its objects lie too deep in one another")
    if total > MOST_FACES:
        raise bad_mesh(path, f"it has {total:,} triangles, more than {MOST_FACES:,}")
