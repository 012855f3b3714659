"""Damaged files and lines, the same for the same seed: small valid ones, and what is done to them."""

from __future__ import annotations

import base64
import io
import json
import random
import struct

import numpy as np
from PIL import Image
from safetensors.numpy import save

#: What a number, a text or a part of JSON is replaced by.
ODD_NUMBERS = (0, -1, 1, 2**31, 2**33, 2**64, -(2**63), 10**400, 0.5, 1e308, -0.0)
ODD_VALUES = (None, True, "", "x" * 5000, "\0", "\ud800", "../../x", [], {}, [[]], {"a": {}}, "NaN", *ODD_NUMBERS)

#: A gradient of 64 x 40 pixels in HEVC, lying on its side as telephones store it, with its turn; by pillow-heif 1.8.1,
#: quality 60.
HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAchtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAAAA"
    "AERAAAIAAQAAAAAB7AABAAAAAAAAAJQAAgAAAAACgAABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZl"
    "AgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABB2lwcnAAAADmaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH/"
    "/wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29s"
    "cm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAACgAAAABAAAAQAAAAAH////oAAAAAgAAAAAAAAACAAAAEHBpeGkAAAAA"
    "AwgICAAAAAlpcm90AwAAABlpcG1hAAAAAAAAAAEAAQaBAgMFhIYAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAAMBtZGF0AAAAkCgBrwngPgo2"
    "OQui3k4p6DGntaG+mic0Lt7Yd1e5kYKGYIpKgSC4K0hdQxESrE3y9QIPYo/F+0drBQ+KqrfzS5EKmQ+fla2cakH4GvgCVPN+I3KrsxMwRspMCy1y"
    "G4oLrwdm2dgxhjB6V2K2tQisf2ofSfdP+1teqAKpGUGCKLmX6Vu9iiYKB9BQX15BjIRTMAAAAAZFeGlmAABNTQAqAAAACAABARIAAwAAAAEABgAA"
    "AAAAAA=="
)


def make_obj() -> bytes:
    return (
        b"mtllib x.mtl\no head\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 1 1 0.5\nvn 0 0 1\nvt 0 0\nvt 1 0\nvt 0 1\nvt 1 1\n"
        b"usemtl skin\ng face\nf 1/1/1 2/2/1 3/3/1\nf 2/2/1 4/4/1 3/3/1\n"
    )


def make_ply() -> bytes:
    return (
        b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
        b"property float s\nproperty float t\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
        b"0 0 0 0 0\n1 0 0 1 0\n0 1 0 0 1\n3 0 1 2\n"
    )


def make_glb(tree: dict | None = None) -> bytes:
    """A triangle with UVs and a picture; or that with another scene."""
    points = np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0]]).tobytes()
    uvs, faces = np.float32([[0, 0], [1, 0], [0, 1]]).tobytes(), np.uint32([0, 1, 2]).tobytes()
    data = points + uvs + faces
    whole = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "head"}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 2, "material": 0}]}],
        "materials": [{"name": "skin", "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
        "textures": [{"source": 0}],
        "images": [{"uri": "beside.png"}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5126, "count": 3, "type": "VEC2"},
            {"bufferView": 2, "componentType": 5125, "count": 3, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 36},
            {"buffer": 0, "byteOffset": 36, "byteLength": 24},
            {"buffer": 0, "byteOffset": 60, "byteLength": 12},
        ],
        "buffers": [{"byteLength": len(data)}],
    } | (tree or {})
    return pack_glb(json.dumps(whole).encode(), data)


def pack_glb(text: bytes, data: bytes) -> bytes:
    text += b" " * (-len(text) % 4)
    return (
        struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(data))
        + struct.pack("<I4s", len(text), b"JSON")
        + text
        + struct.pack("<I4s", len(data), b"BIN\0")
        + data
    )


def make_capture(**over) -> bytes:
    arrays = {
        "vertices": np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0]]),
        "triangles": np.int32([[0, 1, 2]]),
        "corner_uvs": np.float32([[[0, 0], [1, 0], [0, 1]]]),
        "face_mask": np.array([True]),
        "object_name": np.array("Head"),
        "up": np.array("z"),
    } | over
    file = io.BytesIO()
    np.savez(file, **{name: values for name, values in arrays.items() if values is not None})
    return file.getvalue()


def make_pins() -> bytes:
    return json.dumps([{"name": "chin", "portrait": [1.5, 2], "head": [0.0, 1.0, 2.0]}]).encode()


def make_line() -> bytes:
    return json.dumps(
        {
            "type": "generate",
            "job": "a",
            "portrait": "p.png",
            "output": "o.png",
            "size": 512,
            "seed": 1,
            "pins": [{"name": "chin", "portrait": [1, 2]}],
            "further": ["a.png"],
        }
    ).encode()


def make_variants() -> bytes:
    return json.dumps(
        {
            "type": "variants",
            "job": "a",
            "portrait": "p.png",
            "output": "folder",
            "styles": ["cel", "oil"],
            "seeds": [0, 7],
            "strength": 50,
            "scale": 120,
            "expression": "keep",
            "sheet": "s.png",
            "previews": True,
        }
    ).encode()


def make_picture(kind: str) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (12, 9, 3), np.uint8)
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def make_heic() -> bytes:
    return base64.b64decode(HEIC)


def make_table() -> bytes:
    return b'object,portrait,style,seed\nAnna,faces/anna.png,photo,3\n"B, C",b.jpg,,\nD,d.png,anime,12\n'


def make_lock() -> bytes:
    """What models download writes of a profile, here of a file that is gone."""
    files = {"unet/config.json": {"size": 5, "sha256": "00"}}
    part = {"root": "/nowhere", "revision": "1234", "licence": "mit", "local": False, "files": files}
    return json.dumps({"base": part, "lora": part}).encode()


def make_config() -> bytes:
    """Of a tower of CLIP."""
    sizes = {"hidden_size": 8, "intermediate_size": 9, "num_hidden_layers": 1, "num_attention_heads": 2}
    told = {"vocab_size": 20, "max_position_embeddings": 7, "layer_norm_eps": 1e-5, "hidden_act": "gelu"}
    return json.dumps({**sizes, **told, "architectures": ["CLIPTextModel"], "in_channels": 9}).encode()


def make_lora() -> bytes:
    """Of a layer of 6 by 5, of rank 2, as safetensors."""
    random = np.random.default_rng(0)
    key = "unet.mid_block.to_q"
    low = {"lora_A": random.normal(size=(2, 5)), "lora_B": random.normal(size=(6, 2))}
    tensors = {f"{key}.{name}.weight": values.astype(np.float32) for name, values in low.items()}
    return save({**tensors, f"{key}.alpha": np.array(2, np.float32)})


def make_vocabulary() -> bytes:
    words = ["h", "e", "a", "d", "he", "ad</w>", "head</w>", "<|startoftext|>", "<|endoftext|>"]
    return json.dumps({word: number for number, word in enumerate(words)}).encode()


def make_tokenizer() -> bytes:
    """One file in the place of three."""
    special = [{"id": 9, "content": "<|im_start|>"}, {"id": 8, "content": "<|endoftext|>"}]
    model = {"vocab": json.loads(make_vocabulary()), "merges": ["h e", ["a", "d</w>"], "he ad</w>"]}
    return json.dumps({"model": model, "added_tokens": special}).encode()


def make_faces() -> bytes:
    """The backend's answer on the faces of a picture."""
    face = {"box": [1.0, 2.0, 30.5, 40.0], "points": [{"name": "nose_tip", "portrait": [9.5, 12.0]}]}
    return json.dumps({"width": 64, "height": 48, "faces": [face, face]}).encode()


def mutate(data: bytes, chance: random.Random) -> bytes:
    """One to four kinds of damage."""
    for _ in range(chance.randint(1, 4)):
        data = chance.choice((flip, cut, double, grow, renumber, restructure))(data, chance)
    return data


def flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(min(len(data), chance.choice((1, 3, 20)))):
        changed[chance.randrange(len(changed))] = chance.choice((0, 255, 10, 32, 45, chance.randrange(256)))
    return bytes(changed)


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def double(data: bytes, chance: random.Random) -> bytes:
    first, last = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:last] + data[first:]


def grow(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    more = chance.choice((b"\0" * 100, b"[" * 5000, b"9" * 400, b"\n", b"-", b"nan", b"1e999"))
    return data[:place] + more + data[place:]


def renumber(data: bytes, chance: random.Random) -> bytes:
    """Another number in the place of one that is written in digits."""
    places = [index for index, byte in enumerate(data) if 48 <= byte < 58]
    if not places:
        return data
    place = chance.choice(places)
    return data[:place] + str(chance.choice(ODD_NUMBERS)).encode() + data[place + 1 :]


def restructure(data: bytes, chance: random.Random) -> bytes:
    """Something else in the place of a part of JSON; of a GLB's and a safetensors' too."""
    binary, tensors = data[:4] == b"glTF" and len(data) > 20, data[8:9] == b"{"
    begin, length = 0, len(data)
    if binary:
        begin, length = 20, struct.unpack_from("<I", data, 12)[0]
    elif tensors:
        begin, length = 8, struct.unpack_from("<Q", data)[0]
    try:
        tree = json.loads(data[begin : begin + length])
    except (ValueError, RecursionError):
        return data
    holders = list(walk(tree))
    if not holders:
        return data
    holder, key = chance.choice(holders)
    holder[key] = chance.choice(ODD_VALUES)
    text = json.dumps(tree).encode()
    if tensors:
        return struct.pack("<Q", len(text)) + text + data[8 + length :]
    return pack_glb(text, data[28 + length :]) if binary else text


def walk(tree):
    """(holder, key) of every part."""
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in list(parts):
        yield tree, key
        yield from walk(value)
