"""Files that ask for too much, or for something beside them; what the fuzzer would need luck for."""

from __future__ import annotations

import errno
import json
import re
import shutil
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend import verified
from backend.__main__ import main
from backend.errors import AvatarTexError, ErrorCode, explain
from backend.head import atlas, shape
from backend.head.mesh import load_capture, load_mesh
from backend.models.fetch import hub_refusals
from backend.models.own_parts import use_local
from backend.models.profiles import PROFILES
from backend.models.store import digest, lock_path, read_lock, read_text
from backend.pins import read_pins
from backend.portrait import landmark_groups
from backend.threads import start_threads
from backend.verified import manifest, verified_arrays
from tests.pipes import needs_pipes, pipes

from . import mutants


def refuse(read, folder: Path, name: str, data: bytes | str, code: ErrorCode) -> str:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    begun = time.monotonic()
    with pytest.raises(AvatarTexError) as caught:
        read(path)
    assert caught.value.code is code and time.monotonic() - begun < 30
    return caught.value.message


DEEP = [{"children": [number + 1]} for number in range(50_000)] + [{"mesh": 0}]
#: Each level holds the next one twice.
DOUBLING = [{"children": [number + 1, number + 1]} for number in range(40)] + [{"mesh": 0}]


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"nodes": [{"mesh": 0}] * 100_000, "scenes": [{"nodes": list(range(100_000))}]}, "more than 10,000 objects"),
        ({"nodes": DEEP}, "more than 10,000 objects"),
        ({"nodes": [*DEEP[:9_000], {"mesh": 0}]}, "too deep"),
        ({"nodes": DOUBLING}, "too deep"),
        (
            {"nodes": [{"children": [1]}, {"children": [2], "mesh": 0}, {"children": [1]}, {"children": [1]}]},
            "too deep",
        ),
        ({"accessors": [{"bufferView": 0, "componentType": 5126, "count": 10**12, "type": "VEC3"}]}, "triangles"),
        (
            {
                "accessors": [{"componentType": 5126, "count": 6_000_000, "type": "VEC3"}] * 3,
                "nodes": [{"mesh": 0}] * 5000,
                "scenes": [{"nodes": list(range(5000))}],
            },
            "more than 2,000,000",
        ),
    ],
)
def test_a_glb_that_asks_for_too_much(tmp_path, tree, words):
    assert words in refuse(load_mesh, tmp_path, "head.glb", mutants.make_glb(tree), ErrorCode.BAD_MESH)


def test_a_glb_with_an_index_out_of_range(tmp_path):
    data = mutants.make_glb().replace(np.uint32([0, 1, 2]).tobytes(), np.uint32([0, 1, 9]).tobytes())
    refuse(load_mesh, tmp_path, "head.glb", data, ErrorCode.BAD_MESH)


def test_an_obj_whose_vertices_lie_on_several_lines(tmp_path):
    """The reader makes vertices without coordinates of it."""
    data = mutants.make_obj().replace(b"v 0 1 0\n", b"v   \n 0\n").replace(b"v 1 1 0.5", b"v 1 1 0.5\nv   ")
    refuse(load_mesh, tmp_path, "head.obj", data, ErrorCode.BAD_MESH)


@pytest.mark.parametrize("name", ([[]], {"a": {}}, 5, [5], ""), ids=range(5))
def test_a_glb_whose_names_are_no_texts(tmp_path, name):
    (tmp_path / "head.glb").write_bytes(mutants.make_glb({"materials": [{"name": name}]}))
    assert len(load_mesh(tmp_path / "head.glb").triangles) == 1


def test_a_ply_that_counts_more_than_it_holds(tmp_path):
    data = mutants.make_ply().replace(b"vertex 3", b"vertex 999999999999")
    assert "counts more" in refuse(load_mesh, tmp_path, "head.ply", data, ErrorCode.BAD_MESH)


@pytest.mark.parametrize(
    "lengths", [("vt 0", "vt 1 0", "vt 0 1", "vt 1 1"), ("vt 0", "vt 1 0 0", "vt 0 1 0", "vt 1 1 0")]
)
def test_texture_coordinates_of_one_number_are_legal(tmp_path, lengths):
    lines = mutants.make_obj().decode().splitlines()
    rows = iter(lengths)
    (tmp_path / "head.obj").write_text("\n".join(next(rows) if line.startswith("vt") else line for line in lines))
    mesh = load_mesh(tmp_path / "head.obj")
    np.testing.assert_array_equal(mesh.corner_uvs[0], [[0, 0], [1, 0], [0, 1]])


@needs_pipes
@pytest.mark.parametrize("line", ["mtllib x.mtl\n", "map_Kd x.mtl\n"])
def test_nothing_beside_a_mesh_is_opened(tmp_path, line):
    (tmp_path / "head.obj").write_bytes(line.encode() + mutants.make_obj())
    (tmp_path / "head.glb").write_bytes(mutants.make_glb())
    with pipes(tmp_path / "x.mtl", tmp_path / "beside.png"):
        assert len(load_mesh(tmp_path / "head.obj").triangles) == 2
        assert len(load_mesh(tmp_path / "head.glb").triangles) == 1


def test_pictures_within_a_glb_are_not_decoded(tmp_path, monkeypatch):
    """They may be bombs, and nobody asked for them."""
    from PIL import Image

    opened: list[tuple] = []
    monkeypatch.setattr(Image, "open", lambda *words, **_more: opened.append(words))
    (tmp_path / "head.glb").write_bytes(
        mutants.make_glb({"images": [{"bufferView": 0, "mimeType": "image/png"}], "textures": [{"source": 0}]})
    )
    assert len(load_mesh(tmp_path / "head.glb").triangles) == 1 and not opened


@needs_pipes
@pytest.mark.parametrize(
    ("read", "name"),
    [(load_mesh, "head.obj"), (load_mesh, "head.glb"), (load_capture, "head.npz"), (read_pins, "pins.json")],
)
def test_a_pipe_is_no_file(tmp_path, read, name):
    with pipes(tmp_path / name), pytest.raises(AvatarTexError):
        read(tmp_path / name)


@pytest.mark.parametrize(
    "over",
    [
        {"triangles": np.int32([0, 1, 2])},
        {"vertices": np.zeros((3, 3, 1, 1), np.float32)},
        {"triangles": np.int64([[0, 1, 2**33]])},
        {"triangles": np.int64([[2**33, 2**33 + 1, 2**33 + 2]])},
        {"triangles": np.float32([[0, 1, 2]])},
        {"vertices": np.zeros((3, 2), np.float32)},
        {"vertices": None},
        {"corner_uvs": np.zeros((2, 3, 2), np.float32)},
        {"face_mask": np.array([True, False])},
        {"vertices": np.array(["a", "b", "c"])},
        {"up": np.array("x")},
        {"up": np.array(5)},
        {"vertices": np.full((3, 3), np.nan, np.float32)},
        {"vertices": np.full((3, 3), 1e300)},
        {"object_name": np.array([["a"]])},
        {"vertices": np.array([object()])},
    ],
    ids=range(16),
)
def test_captures_of_other_shapes(tmp_path, over):
    message = refuse(load_capture, tmp_path, "head.npz", mutants.make_capture(**over), ErrorCode.BAD_MESH)
    assert "Object arrays" not in message


def test_a_capture_that_unpacks_to_gigabytes(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("vertices.npy", "w", force_zip64=True) as file:
            for _ in range(1100):
                file.write(bytes(2**20))
    with pytest.raises(AvatarTexError, match="unpacks to more"):
        load_capture(tmp_path / "bomb.npz")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '[{"name":"chin","portrait":[1,' + "9" * 400 + "]}]",
        '[{"name":"chin","portrait":[1,1e999]}]',
        '[{"name":"chin","portrait":[1,NaN]}]',
        '[{"name":"chin","portrait":[1,' + "9" * 5000 + "]}]",
        "5",
        "null",
        '{"pins":5}',
        '[{"name":["chin"]}]',
        '[{"name":"' + "x" * 900_000 + '"}]',
        "[" + " " * 2_000_000 + "]",
    ],
    ids=range(11),
)
def test_pins(tmp_path, text):
    assert len(refuse(read_pins, tmp_path, "pins.json", text, ErrorCode.BAD_PINS)) < 1100


@pytest.mark.parametrize(
    "text", ["[]", "5", "null", '{"a": []}', '{"a": {}}', '{"a": {"sha256": 5}}', "[" * 100_000, ""], ids=range(8)
)
def test_a_manifest_that_is_none(tmp_path, text):
    refuse(lambda path: manifest(path.parent), tmp_path, "weights.json", text, ErrorCode.WEIGHTS_MISSING)


@pytest.mark.parametrize(
    "path",
    [atlas.CANONICAL, shape.SHAPES, Path(landmark_groups.__file__).with_name("canonical_face.npz")],
    ids=lambda path: path.name,
)
def test_arrays_that_ship_are_what_was_shipped(tmp_path, path):
    assert verified_arrays(path)
    data = path.read_bytes()
    for changed in (data[:-40], data[:500] + b"x" + data[501:], b""):
        refuse(verified_arrays, tmp_path, path.name, changed, ErrorCode.WEIGHTS_ALTERED)


def test_every_array_that_ships_has_a_checksum():
    folder = Path(verified.__file__).parent
    shipped = {path.name for path in folder.rglob("*.npz") if "lab" not in path.relative_to(folder).parts}
    assert shipped == {*verified.ARRAYS}


@needs_pipes
@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_pipe_is_no_model(tmp_path, name):
    """Nor is it waited for."""
    base = replace(PROFILES["sd15"].part("canny"), files=("model.safetensors",), folders=())
    with pipes(tmp_path / name):
        with pytest.raises(AvatarTexError) as refusal:
            use_local(replace(PROFILES["sd15"], parts=(base,)), "canny", tmp_path)
        assert refusal.value.code is ErrorCode.MODEL_UNUSABLE
        with pytest.raises(OSError, match="no file"):
            digest(tmp_path / name)
        with pytest.raises(ValueError, match="no text"):
            read_text(tmp_path / name)


@pytest.mark.parametrize("odd", ["\0", "\ud800", 5, None, ["x"]], ids=range(5))
@pytest.mark.parametrize("place", ["root", "revision", "files", "size"])
def test_a_list_of_models_says_names_and_sizes(tmp_path, monkeypatch, odd, place):
    monkeypatch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(tmp_path))
    part = json.loads(mutants.make_lock())["base"]
    if place == "files":
        part["files"] = {odd: {"size": 5, "sha256": "00"}} if isinstance(odd, str) else odd
    elif place == "size":
        part["files"] = {"unet/config.json": {"size": "5" if odd == 5 else odd, "sha256": "00"}}
    else:
        part[place] = odd
    lock_path(PROFILES["klein"]).parent.mkdir()
    lock_path(PROFILES["klein"]).write_text(json.dumps({"base": part}))
    with pytest.raises(AvatarTexError, match="damaged"):
        read_lock(PROFILES["klein"])


def test_a_refusal_of_the_hubs_library_is_one_line():
    words = "Consistency check failed: file should be of size 46.\nPlease retry with `force_download=True`." + 900 * "x"
    with pytest.raises(AvatarTexError) as refusal, hub_refusals(PROFILES["klein"].part("base")):
        raise OSError(words)
    assert "\n" not in refusal.value.message and "force" not in refusal.value.message


@pytest.mark.parametrize(
    "words",
    [
        "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Exception during initialization: std::bad_alloc",
        "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Conv node. "
        "Status Message: bfc_arena.cc:376 Failed to allocate memory for requested buffer of size 1073741824",
        "Unable to allocate 1.5 GiB for an array with shape (4096, 4096, 24)",
        "could not create a primitive",
        "can't start new thread",
    ],
)
def test_memory_that_ran_out_is_told_as_such(words):
    assert explain(RuntimeError(words)).code is ErrorCode.OUT_OF_MEMORY
    assert explain(OSError(errno.ENOMEM, "any language's words", "trimesh")).code is ErrorCode.OUT_OF_MEMORY


def test_a_job_starts_no_thread(monkeypatch):
    """One whose memory runs out before its first line is waited for, for ever."""
    pool, threads = start_threads(3), threading.active_count()
    monkeypatch.setattr(threading.Thread, "start", lambda _thread: pytest.fail("started"))
    assert sorted(pool.map(abs, range(100))) == list(range(100)) and threading.active_count() == threads
    makers = {path.name for path in shipped_modules() if re.search(r"\b(Thread|\w*Executor)\(", path.read_text())}
    assert makers == {"threads.py", "worker.py", "dispatch.py"}  # they listen before any job, or to workers on a farm


def shipped_modules() -> list[Path]:
    folder = Path(verified.__file__).parent
    return [path for path in folder.rglob("*.py") if "lab" not in path.relative_to(folder).parts]


def test_a_bug_on_the_command_line_ends_in_a_sentence(tmp_path, monkeypatch, capsys):
    from backend import pipeline

    def fail(*_words):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(pipeline, "generate", fail)
    words = ["generate", "--mesh", "m.obj", "--portrait", "p.png", "--output", str(tmp_path / "o.png")]
    assert main(words) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("error [internal] The backend met a bug")


def test_a_seed_below_zero_is_refused_before_any_work(tmp_path, capsys, monkeypatch):
    from backend import pipeline

    monkeypatch.setattr(pipeline, "generate", lambda *_words: pytest.fail("it works"))
    words = ["generate", "--mesh", "m.obj", "--portrait", "p.png", "--output", str(tmp_path / "o"), "--seed", "-1"]
    assert main(words) == 2
    assert "Seed cannot be -1" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="named after another format")
def test_archives_are_no_meshes(tmp_path):
    (tmp_path / "head.obj").write_bytes(mutants.make_obj())
    shutil.make_archive(str(tmp_path / "head"), "zip", tmp_path, "head.obj")
    with pytest.raises(AvatarTexError, match="another format"):
        load_mesh(tmp_path / "head.zip")
