"""Files of layers for paint programs: other readers find names, groups, modes, masks and the same picture."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from PIL import ImageCms
from psd_tools import PSDImage
from psd_tools.constants import BlendMode, Resource

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

ROOT = Path(__file__).parents[2]
SIZE = 96
OPACITIES = {"folds": 0.6, "detail": 1.0, "facial_hair": 1.0, "hair": 0.8, "headwear": 0.0, "light": 0.4}


def make_layers(**opacities: float) -> Packed:
    """All seven, with gains to both sides, light beyond white, soft masks and layers that touch a part alone."""
    chance = np.random.default_rng(4)
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32) / SIZE
    spot = lambda u, v, r: np.clip(1.4 - np.hypot(x - u, y - v) / r, 0, 1)  # noqa: E731
    three = lambda values: np.broadcast_to(values, (3, SIZE, SIZE))  # noqa: E731
    hair = lambda *place: np.concatenate([chance.uniform(0.05, 0.3, (3, SIZE, SIZE)), spot(*place)[None]])  # noqa: E731
    layers = {
        "skin": np.stack([0.35 + 0.4 * x, 0.3 + 0.4 * y, 0.2 + 0.3 * x * y]),
        "folds": three(1 - 0.4 * spot(0.5, 0.7, 0.1) + 0.3 * spot(0.7, 0.7, 0.1)),
        "detail": chance.normal(0, 0.06, (3, SIZE, SIZE)) * (x < 0.75),
        "facial_hair": hair(0.5, 0.8, 0.1),
        "hair": hair(0.4, 0.2, 0.2),
        "headwear": hair(0.7, 0.3, 0.2),
        "light": np.stack([1 + 0.9 * np.cos(7 * x + channel) * np.cos(5 * y) for channel in range(3)]),
    }
    coded = {name: encode(name, values.reshape(len(values), -1)) for name, values in layers.items()}
    return Packed(SIZE, coded, OPACITIES | opacities)


def picture_of(packed: Packed) -> np.ndarray:
    """(S,S,3) of flatten(), 0..255."""
    return flatten(packed.layers, packed.opacities).reshape(3, packed.size, packed.size).transpose(1, 2, 0) * 255


@pytest.fixture(scope="module")
def packed() -> Packed:
    return make_layers()


@pytest.fixture(scope="module")
def ora(packed) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(layers_file("head.1001.ora", packed, "head & <1001>")))


@pytest.fixture(scope="module")
def psd(packed) -> PSDImage:
    return PSDImage.open(io.BytesIO(layers_file(".PSD", packed, "Köpfe")))


def read_png(archive: zipfile.ZipFile, path: str) -> np.ndarray:
    """(h,w,4) RGBA, 0..1."""
    pixels = cv2.imdecode(np.frombuffer(archive.read(path), np.uint8), cv2.IMREAD_UNCHANGED)
    code = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGBA
    return cv2.cvtColor(pixels, code) / np.float32(255)


OPERATORS = {
    "svg:src-over": lambda b, s: s,
    "svg:multiply": lambda b, s: b * s,
    "svg:color-dodge": lambda b, s: np.minimum(1, b / np.maximum(1 - s, 1e-6)),
    "svg:plus": lambda b, s: np.minimum(1, b + s),
}


def composite(archive: zipfile.ZipFile, element: ElementTree.Element, below: np.ndarray) -> np.ndarray:
    """(S,S,4) of a stack, after W3C's Compositing and Blending: groups of the file are isolated."""
    for one in reversed(list(element)):
        if one.get("visibility") == "hidden":
            continue
        source = np.zeros_like(below)
        if one.tag == "stack":
            source = composite(archive, one, source)
        else:
            pixels = read_png(archive, one.get("src"))
            left, top = int(one.get("x")), int(one.get("y"))
            source[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        b, s = below[..., :3], source[..., :3]
        mixed = OPERATORS[one.get("composite-op", "svg:src-over")](b, s)
        above, under = source[..., 3:] * float(one.get("opacity", 1)), below[..., 3:]
        whole = above + under * (1 - above)
        colour = above * (1 - under) * s + above * under * mixed + (1 - above) * under * b
        below = np.concatenate([colour / np.maximum(whole, 1e-9), whole], 2)
    return below


def root_of(archive: zipfile.ZipFile) -> ElementTree.Element:
    return ElementTree.fromstring(archive.read("stack.xml"))


# --- OpenRaster


def test_openraster_is_what_the_format_asks_for(ora):
    first = ora.infolist()[0]
    assert first.filename == "mimetype" and first.compress_type == zipfile.ZIP_STORED
    assert ora.read("mimetype") == b"image/openraster" and not first.extra
    image = root_of(ora)
    assert (image.tag, image.get("w"), image.get("h")) == ("image", str(SIZE), str(SIZE))
    assert image.find("stack").get("name") == "head & <1001>"
    assert max(read_png(ora, "Thumbnails/thumbnail.png").shape) <= 256
    assert {one.get("src") for one in image.iter("layer")} == {name for name in ora.namelist() if "data/" in name}


def test_openraster_has_names_groups_modes_and_opacities(ora):
    def tree(element):
        return [
            (one.get("name"), tree(one))
            if one.tag == "stack"
            else (one.get("name"), one.get("composite-op")[4:], float(one.get("opacity")), one.get("visibility"))
            for one in element
        ]

    assert tree(root_of(ora).find("stack")) == [
        ("Light, highlights", "plus", 1, "visible"),
        ("Light, lighter", "color-dodge", 0.4, "visible"),
        ("Light, darker", "multiply", 0.4, "visible"),
        (
            "Hair and headwear",
            [
                ("Headwear", "src-over", 1, "hidden"),
                ("Hair", "src-over", 0.8, "visible"),
                ("Facial hair", "src-over", 1, "visible"),
            ],
        ),
        (
            "Skin",
            [
                ("Fine detail, lighter", "plus", 1, "visible"),
                ("Fine detail, darker", "multiply", 1, "visible"),
                ("Folds of the smile, lighter", "color-dodge", 0.6, "visible"),
                ("Folds of the smile, darker", "multiply", 0.6, "visible"),
                ("Skin colour", "src-over", 1, "visible"),
            ],
        ),
    ]


@pytest.mark.parametrize(
    "opacities",
    [
        {},
        {"folds": 1, "hair": 1, "headwear": 1, "light": 1},
        {"folds": 0, "detail": 0, "facial_hair": 0, "hair": 0, "light": 0},
        {"folds": 1.7, "detail": 2, "light": 2},
        {"folds": 0.3, "detail": 0.5, "light": 0.8, "headwear": 0.5},
    ],
)
def test_openraster_looks_like_the_texture(opacities):
    packed = make_layers(**opacities)
    archive = zipfile.ZipFile(io.BytesIO(layers_file(".ora", packed)))
    drawn = composite(archive, root_of(archive).find("stack"), np.zeros((SIZE, SIZE, 4), np.float32))
    assert np.abs(drawn[..., :3] * 255 - picture_of(packed)).max() < 2 and np.allclose(drawn[..., 3], 1)
    assert np.abs(read_png(archive, "mergedimage.png")[..., :3] * 255 - picture_of(packed)).max() < 0.51


def test_a_hidden_layer_is_whole_when_it_is_shown():
    names = ("folds", "headwear", "light")
    hidden, shown = (make_layers(**dict.fromkeys(names, opacity), detail=0.0) for opacity in (0.0, 1.0))
    archive = zipfile.ZipFile(io.BytesIO(layers_file(".ora", hidden)))
    image = root_of(archive)
    for layer in image.iter("layer"):
        layer.set("visibility", "hidden" if layer.get("name").startswith("Fine detail") else "visible")
    drawn = composite(archive, image.find("stack"), np.zeros((SIZE, SIZE, 4), np.float32))
    assert np.abs(drawn[..., :3] * 255 - picture_of(shown)).max() < 2


def test_layers_are_cropped_to_what_they_touch(packed, ora):
    hair = next(one for one in root_of(ora).iter("layer") if one.get("name") == "Hair")
    rows, columns = (packed.layers["hair"][3] > 0).reshape(SIZE, SIZE).nonzero()
    assert (int(hair.get("x")), int(hair.get("y"))) == (columns.min(), rows.min())
    assert read_png(ora, hair.get("src")).shape == (np.ptp(rows) + 1, np.ptp(columns) + 1, 4)


# --- PSD


def test_psd_has_names_groups_modes_opacities_and_masks(psd):
    def tree(group):
        return [
            (one.name, one.blend_mode.name, tree(one) if one.is_group() else round(one.opacity / 255, 2), one.visible)
            for one in group
        ]

    assert tree(psd) == [
        (
            "Skin",
            "NORMAL",
            [
                ("Skin colour", "NORMAL", 1, True),
                (
                    "Folds of the smile",
                    "PASS_THROUGH",
                    [
                        ("Folds of the smile, darker", "MULTIPLY", 0.6, True),
                        ("Folds of the smile, lighter", "COLOR_DODGE", 0.6, True),
                    ],
                    True,
                ),
                (
                    "Fine detail",
                    "PASS_THROUGH",
                    [("Fine detail, darker", "MULTIPLY", 1, True), ("Fine detail, lighter", "LINEAR_DODGE", 1, True)],
                    True,
                ),
            ],
            True,
        ),
        (
            "Hair and headwear",
            "NORMAL",
            [("Facial hair", "NORMAL", 1, True), ("Hair", "NORMAL", 0.8, True), ("Headwear", "NORMAL", 1, False)],
            True,
        ),
        (
            "Light",
            "PASS_THROUGH",
            [
                ("Light, darker", "MULTIPLY", 0.4, True),
                ("Light, lighter", "COLOR_DODGE", 0.4, True),
                ("Light, highlights", "LINEAR_DODGE", 1, True),
            ],
            True,
        ),
    ]
    assert {one.name for one in psd.descendants() if one.has_mask()} == {"Facial hair", "Hair", "Headwear"}
    for group in psd.descendants():  # GIMP 3 exports nothing beyond them
        assert group.blend_mode is not BlendMode.PASS_THROUGH or group.bbox == (0, 0, SIZE, SIZE)


def test_psd_masks_and_colours_are_the_layers_own(packed, psd):
    hair = next(one for one in psd.descendants() if one.name == "Hair" and one.has_mask())
    part = (slice(hair.top, hair.bottom), slice(hair.left, hair.right))
    values = packed.layers["hair"].reshape(4, SIZE, SIZE)
    assert np.array_equal(np.asarray(hair.mask.topil()), values[3][part])
    inside = values[3][part] > 0
    colour = np.asarray(hair.topil())[..., :3]
    assert np.array_equal(colour[inside], values[:3, part[0], part[1]].transpose(1, 2, 0)[inside])
    assert inside.sum() == (values[3] > 0).sum()  # nothing lies outside the box
    weight = values[3][part][inside].astype(float)
    assert np.abs(colour[~inside] - np.average(colour[inside], axis=0, weights=weight)).max() <= 0.51


@pytest.mark.parametrize("opacities", [{}, {"folds": 1, "hair": 1, "headwear": 1, "light": 1}, {"light": 0, "hair": 0}])
def test_psd_looks_like_the_texture(opacities):
    packed = make_layers(**opacities)
    file = PSDImage.open(io.BytesIO(layers_file(".psd", packed)))
    drawn = np.asarray(file.composite(ignore_preview=True, force=True, apply_icc=False).convert("RGB"), np.float32)
    assert np.abs(drawn - picture_of(packed)).max() < 2.5  # it rounds to bytes, 2 then
    assert np.abs(np.asarray(file.topil(apply_icc=False), np.float32) - picture_of(packed)).max() < 0.51


def test_psd_is_srgb_and_titled(psd):
    profile = psd.image_resources.get_data(Resource.ICC_PROFILE)
    assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    assert profile[24:26] == (2000).to_bytes(2, "big")  # not when it was made
    assert "Köpfe".encode() in psd.image_resources.get_data(Resource.IPTC_NAA)


# --- both


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


# --- the request


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
