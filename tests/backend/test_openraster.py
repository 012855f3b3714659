"""OpenRaster: another reader finds names, groups, modes, opacities and the same picture."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from backend.layers.files import layers_file
from backend.layers.packed import Packed
from tests.backend.layered import SIZE, composite, make_layers, picture_of, read_png, root_of


@pytest.fixture(scope="module")
def packed() -> Packed:
    return make_layers()


@pytest.fixture(scope="module")
def ora(packed) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(layers_file("head.1001.ora", packed, "head & <1001>")))


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
