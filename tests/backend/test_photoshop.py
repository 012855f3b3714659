"""PSD: psd-tools finds names, groups, modes, masks and the same picture."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import ImageCms
from psd_tools import PSDImage
from psd_tools.constants import BlendMode, Resource

from backend.layers.files import layers_file
from backend.layers.packed import Packed
from tests.backend.layered import SIZE, make_layers, picture_of


@pytest.fixture(scope="module")
def packed() -> Packed:
    return make_layers()


@pytest.fixture(scope="module")
def psd(packed) -> PSDImage:
    return PSDImage.open(io.BytesIO(layers_file(".PSD", packed, "Köpfe")))


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
