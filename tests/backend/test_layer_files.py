"""Files of layers for paint programs: what both formats leave out, how a request saves them, what is refused."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from psd_tools import PSDImage

from backend.__main__ import main
from backend.errors import AvatarTexError, Cancelled, ErrorCode
from backend.layers.files import layers_file
from backend.layers.flatten import LAYERS, encode, flatten
from backend.layers.packed import Packed, pack, unpack
from backend.layers.save import save_layers
from backend.messages import Generate, Saved, SaveLayers
from backend.refusals import check_request
from backend.wire import decode
from backend.wire import encode as to_line
from tests.backend.layered import SIZE, make_layers, picture_of, read_png, root_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def packed() -> Packed:
    return make_layers()


@pytest.mark.parametrize("suffix", [".ora", ".psd"])
def test_the_same_layers_are_the_same_bytes(packed, suffix):
    assert layers_file(suffix, packed) == layers_file(suffix, packed)


@pytest.mark.parametrize("suffix", [".ora", ".psd"])
def test_layers_that_do_nothing_are_left_out(packed, suffix):
    skin = packed.layers["skin"]
    idle = {name: encode(name, np.full((4 if "hair" in name else 3, skin.shape[1]), float(name == "light")))
            for name in ("detail", "hair", "light")}  # fmt: skip
    data = layers_file(suffix, Packed(SIZE, {"skin": skin, **idle}, {}))
    if suffix == ".psd":
        names = [one.name for one in PSDImage.open(io.BytesIO(data)).descendants()]
    else:
        names = [one.get("name") for one in root_of(zipfile.ZipFile(io.BytesIO(data))).find("stack").iter()][1:]
    assert names == ["Skin", "Skin colour"]


def test_gains_to_one_side_need_one_layer(packed):
    darker = replace(packed, layers={**packed.layers, "light": np.minimum(packed.layers["light"], 128)})
    file = PSDImage.open(io.BytesIO(layers_file(".psd", darker)))
    assert [one.name for one in file[-1]] == ["Light, darker"]


def test_layers_for_blender_are_packed(packed):
    again = unpack(layers_file("texture.layers", packed))
    assert again.opacities == packed.opacities
    assert all(np.array_equal(again.layers[name], packed.layers[name]) for name in LAYERS)


@pytest.fixture
def source(tmp_path, packed) -> Path:
    path = tmp_path / "texture.layers"
    path.write_bytes(pack(packed))
    return path


def nothing(*_) -> None:
    pass


def refuse(request: SaveLayers) -> AvatarTexError:
    with pytest.raises(AvatarTexError) as caught:
        save_layers(request, nothing)
    assert caught.value.message.endswith(".") and caught.value.cure
    return caught.value


def test_saved_with_other_opacities(tmp_path, source, packed):
    asked = SaveLayers("j", [str(source)], str(tmp_path / "new" / "head.ora"), {"light": 1, "hair": 0.25})
    assert decode(to_line(asked)) == asked
    assert save_layers(asked, nothing) == Saved("j", asked.output, [])
    archive = zipfile.ZipFile(asked.output)
    wanted = picture_of(replace(packed, opacities={**packed.opacities, "light": 1.0, "hair": 0.25}))
    assert np.abs(read_png(archive, "mergedimage.png")[..., :3] * 255 - wanted).max() < 0.51
    assert root_of(archive).find("stack").get("name") == "head"


def test_a_file_for_each_tile(tmp_path, packed):
    paths = [tmp_path / f"head 2048.{tile}.layers" for tile in (1011, 1001)]
    for path in paths:
        path.write_bytes(pack(packed))
    saved = save_layers(SaveLayers("j", [str(path) for path in paths], str(tmp_path / "head.psd")), nothing)
    assert saved == Saved("j", str(tmp_path / "head.<UDIM>.psd"), [1001, 1011])
    assert all(PSDImage.open(tmp_path / f"head.{tile}.psd").width == SIZE for tile in saved.tiles)
    twice = [str(paths[0]), str(paths[0])]
    assert "one tile" in refuse(SaveLayers("j", twice, str(tmp_path / "head.psd"))).message
    paths[0].rename(tmp_path / "nameless.layers")
    names = [str(paths[1]), str(tmp_path / "nameless.layers")]
    assert "which tile" in refuse(SaveLayers("j", names, str(tmp_path / "head.psd"))).message


@pytest.mark.parametrize(
    "data",
    [b"", b"nonsense", pack(make_layers())[:-500], pack(make_layers()).replace(b'"skin"', b'"skim"')],
    ids=["empty", "another file", "cut off", "an unknown layer"],
)
def test_damaged_layers_are_refused(tmp_path, data):
    (tmp_path / "texture.layers").write_bytes(data)
    refusal = refuse(SaveLayers("j", [str(tmp_path / "texture.layers")], str(tmp_path / "head.ora")))
    assert refusal.code is ErrorCode.BAD_REQUEST and "'texture.layers'" in refusal.message
    assert not (tmp_path / "head.ora").exists()


def test_what_cannot_be_saved_is_refused(tmp_path, source):
    good = {"job": "j", "source": [str(source)], "output": str(tmp_path / "head.ora")}
    for wrong, word in (
        ({"source": []}, "No layers"),
        ({"source": [str(tmp_path / "none.layers")]}, "No such file"),
        ({"output": ""}, "No output"),
        ({"output": str(tmp_path / "head.png")}, "names no file of layers"),
        ({"output": str(tmp_path / "head.layers")}, "names no file of layers"),
        ({"opacities": {"skin": 0.5}}, "'skin'"),
        ({"opacities": {"hair": 1.5}}, "hair cannot"),
        ({"opacities": {"light": "half"}}, "'half'"),
        ({"opacities": {"light": float("nan")}}, "'nan'"),
        ({"opacities": {"light": True}}, "'True'"),
    ):
        refusal = refuse(SaveLayers(**{**good, **wrong}))
        assert refusal.code is ErrorCode.BAD_REQUEST and word in refusal.message, wrong
    kept = tmp_path / "kept.ora"
    source.rename(kept)  # an .ora by name alone
    assert "would overwrite" in refuse(SaveLayers("j", [str(kept)], str(kept))).message
    (tmp_path / "file").write_text("")
    unwritable = refuse(SaveLayers("j", [str(kept)], str(tmp_path / "file" / "head.ora")))
    assert unwritable.code is ErrorCode.OUTPUT_NOT_WRITTEN
    with pytest.raises(Cancelled):
        save_layers(SaveLayers("j", [str(kept)], str(tmp_path / "head.ora")), nothing, lambda: True)


def test_generate_refuses_names_that_say_no_format(tmp_path):
    request = Generate("j", "face.png", str(tmp_path / "texture.png"), mesh="head.obj", layers=str(tmp_path / "a.tif"))
    with pytest.raises(AvatarTexError, match="names no file of layers"):
        check_request(request)
    check_request(replace(request, layers=str(tmp_path / "a.PSD")))
    with pytest.raises(AvatarTexError, match="two of the files"):
        check_request(replace(request, layers=str(tmp_path / "a.ora"), output=str(tmp_path / "a.ora")))


def test_the_command_line(tmp_path, source, packed, capsys):
    output = tmp_path / "head.psd"
    words = ["layers", str(source), "--output", str(output), "--opacity", "light=0"]
    assert main(words) == 0 and capsys.readouterr().out.strip() == str(output)
    light = PSDImage.open(output)[-1]
    assert (light.name, light.visible) == ("Light", False)
    assert main([*words[:-1], "light"]) == 2 and "NAME=VALUE" in capsys.readouterr().err


def test_saving_needs_no_torch(tmp_path, source):
    """Nor any network: the worker answers while the pipeline is still on its way."""
    code = (
        "import sys, json\n"
        "from backend.messages import SaveLayers\n"
        "from backend.worker import work_for\n"
        f"asked = SaveLayers('j', [{str(source)!r}], {str(tmp_path / 'head.psd')!r})\n"
        "work_for(asked)(asked, print, lambda: False)\n"
        "print(json.dumps(sorted({'torch', 'onnxruntime', 'backend.pipeline'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_layers_are_flattened_into_a_pictures_own_texels():
    """As Blender has them: texel by texel with alpha, which stays."""
    rng = np.random.default_rng(3)
    layers = {"skin": rng.integers(0, 256, (3, 40_000), np.uint8), "light": rng.integers(0, 256, (3, 40_000), np.uint8)}
    texels = np.full((40_000, 4), 0.25, np.float32)
    flatten(layers, {"light": 0.5}, texels.T[:3])
    assert np.array_equal(texels[:, :3].T, flatten(layers, {"light": 0.5})) and (texels[:, 3] == 0.25).all()
    by_hand = layers["skin"] / 255 * (1 + 0.5 * (layers["light"] / 128 - 1))
    assert np.abs(texels[:, :3].T - np.clip(by_hand, 0, 1)).max() < 1e-5
