"""What holds for every message, triangle, atlas and UV map, tried on what hypothesis thinks of.

AVATARTEX_EXAMPLES sets how many examples each property gets.
"""

from __future__ import annotations

import dataclasses
import json
import os
from typing import get_args, get_origin, get_type_hints

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from backend.errors import AvatarTexError, ErrorCode
from backend.head.atlas import ACROSS, DOWN, LATITUDES, LONGITUDES, map_atlas, to_atlas
from backend.head.mesh import HeadMesh
from backend.head.rasterize import drawn_times, rasterize, texel_corners, texels_wanted
from backend.head.tiles import FIRST, tile_number, tiles_of
from backend.head.uvs import split_tiles
from backend.imaging.sample import sample, sample_atlas
from backend.messages import Message
from backend.wire import LARGEST, decode, encode

settings.register_profile(
    "house",
    max_examples=int(os.environ.get("AVATARTEX_EXAMPLES", "40")),
    deadline=None,
    derandomize=True,
    database=None,
)
settings.load_profile("house")

#: Pixels of the pictures that triangles are drawn into.
WIDTH, HEIGHT = 24, 18


# --- the wire ---

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.integers(-LARGEST + 1, LARGEST - 1)
TREES = st.recursive(
    st.none() | st.booleans() | WHOLE | NUMBERS | st.text(max_size=10),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=8), parts, max_size=4),
    max_leaves=12,
)


def values_of(kind: type) -> st.SearchStrategy:
    if get_origin(kind) is list:
        return st.lists(values_of(get_args(kind)[0]), max_size=3)
    plain = {str: TEXTS, int: WHOLE, float: NUMBERS, bool: st.booleans()}
    return plain.get(kind, st.dictionaries(st.text(max_size=8), TREES, max_size=3))


MESSAGES = st.one_of(
    *(
        st.builds(kind, **{name: values_of(hint) for name, hint in get_type_hints(kind).items()})
        for kind in get_args(Message)
    )
)


@given(MESSAGES)
def test_a_message_comes_back_from_its_line(message):
    line = encode(message)
    assert "\n" not in line and line.isascii() and decode(line) == message


@given(
    st.text() | TREES.map(json.dumps) | MESSAGES.map(encode).flatmap(lambda line: st.text(max_size=3).map(line.__add__))
)
def test_a_line_is_a_message_or_refused(line):
    try:
        message = decode(line)
    except AvatarTexError as refusal:
        assert refusal.code is ErrorCode.BAD_REQUEST
    else:
        assert decode(encode(message)) == message


@given(MESSAGES, st.data())
def test_a_field_of_another_type_is_refused(message, data):
    fields = [field.name for field in dataclasses.fields(message)]
    assume(fields)
    body = json.loads(encode(message))
    name = data.draw(st.sampled_from(fields))
    body[name] = data.draw(st.sampled_from([None, {"a": 1}, [[0]], [None]]))
    hint = get_type_hints(type(message))[name]
    assume(not (hint == list[dict] and body[name] == []) and not (hint is dict and isinstance(body[name], dict)))
    with pytest.raises(AvatarTexError):
        decode(json.dumps(body))


@given(MESSAGES, st.data())
def test_a_field_that_lacks_or_is_too_large_is_refused(message, data):
    needed = [
        one.name for one in dataclasses.fields(message) if one.default is one.default_factory is dataclasses.MISSING
    ]
    numbers = [name for name, hint in get_type_hints(type(message)).items() if hint in (int, float)]
    assume(needed or numbers)
    body = json.loads(encode(message))
    name = data.draw(st.sampled_from(needed + numbers))
    if name in numbers:
        body[name] = data.draw(st.sampled_from([LARGEST, -LARGEST, 10**400]))
    else:
        del body[name]
    with pytest.raises(AvatarTexError):
        decode(json.dumps(body))


# --- the rasteriser ---

#: Eighths of pixels, in and around the picture: sums of them are exact, so that edges meet centres as often as can be.
PLACES = st.integers(-40, 8 * WIDTH + 40).map(lambda eighths: eighths / 8)
TRIANGLES = arrays.arrays(np.float64, st.tuples(st.integers(1, 6), st.just(3), st.just(2)), elements=PLACES)
ANYTHING = st.floats(width=64) | PLACES


@given(TRIANGLES)
def test_every_covered_pixel_knows_where_in_its_triangle_it_is(corners):
    shown = rasterize(corners, WIDTH, HEIGHT)
    y, x = np.nonzero(shown.covered)
    np.testing.assert_allclose(shown.interpolate(corners)[y, x], np.stack([x, y], 1) + 0.5, atol=1e-3)
    weights = shown.barycentric[y, x]
    assert (weights > -1e-4).all()
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)


@given(TRIANGLES)
def test_the_last_triangle_wins_and_none_is_forgotten(corners):
    times = drawn_times(corners, WIDTH, HEIGHT)
    alone = [rasterize(one[None], WIDTH, HEIGHT).covered for one in corners]
    assert np.array_equal(times, np.sum(alone, 0)) and texels_wanted(corners, WIDTH, HEIGHT).sum() == times.sum()
    last = np.full((HEIGHT, WIDTH), -1)
    for number, covered in enumerate(alone):
        last[covered] = number
    assert np.array_equal(rasterize(corners, WIDTH, HEIGHT).triangle, last)


@given(TRIANGLES, st.permutations(range(3)))
def test_it_does_not_matter_where_a_triangle_begins(corners, order):
    assert np.array_equal(drawn_times(corners, WIDTH, HEIGHT), drawn_times(corners[:, order], WIDTH, HEIGHT))


@given(TRIANGLES, st.tuples(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.01, 1)))
def test_a_triangle_in_three_parts_covers_the_same_pixels_once(corners, shares):
    """Neighbours leave no pixel out and take none twice."""
    whole = corners[:1]
    middle = np.einsum("k,mkc->mc", np.array(shares) / sum(shares), whole)
    edges = whole[:, 1] - whole[:, 0], whole[:, 2] - whole[:, 0]
    assume(abs(np.cross(*edges)).min() > 0.1)  # else rounding puts the middle outside
    parts = np.concatenate([np.stack([whole[:, i], whole[:, (i + 1) % 3], middle], 1) for i in range(3)])
    assert np.array_equal(drawn_times(parts, WIDTH, HEIGHT), drawn_times(whole, WIDTH, HEIGHT))


@given(TRIANGLES, st.integers(0, 5), st.integers(0, 5))
def test_a_shift_by_whole_pixels_shifts_the_picture(corners, right, down):
    before = drawn_times(corners, WIDTH, HEIGHT)[: HEIGHT - down, : WIDTH - right]
    after = drawn_times(corners + np.array([right, down]), WIDTH, HEIGHT)[down:, right:]
    assert np.array_equal(before, after)


@given(arrays.arrays(np.float64, (3, 3, 2), elements=ANYTHING), st.booleans())
def test_no_number_breaks_it(corners, deep):
    shown = rasterize(corners, WIDTH, HEIGHT, corners[..., 0] if deep else None)
    assert shown.triangle.shape == (HEIGHT, WIDTH) and shown.triangle.min() >= -1 and shown.triangle.max() < 3


# --- the atlas ---


def from_atlas(places: np.ndarray) -> np.ndarray:
    """(n,3) directions of atlas coordinates: to_atlas, read backwards."""
    side = places[:, 0] - 0.5
    longitude = np.radians(np.copysign(np.interp(np.abs(side), ACROSS, LONGITUDES), side))
    latitude = np.radians(-np.interp(places[:, 1], DOWN, -np.array(LATITUDES)))
    level = np.cos(latitude)
    return np.stack([level * np.sin(longitude), np.sin(latitude), level * np.cos(longitude)], -1)


SHARES = st.floats(0.001, 0.999)


@given(arrays.arrays(np.float64, (8, 2), elements=SHARES), st.floats(0.01, 100))
def test_a_place_in_the_atlas_comes_back_from_the_head(places, radius):
    assume((places[:, 1] < DOWN[-1] - 1e-3).all())
    np.testing.assert_allclose(to_atlas(radius * from_atlas(places)), places, atol=1e-6)


@given(arrays.arrays(np.float64, (8, 3), elements=st.floats(-2, 2)))
def test_the_other_side_of_a_head_is_the_other_side_of_its_atlas(points):
    assume((np.abs(points).max(1) > 1e-3).all() and (np.abs(points[:, 0]) > 1e-6).all())
    here, there = to_atlas(points), to_atlas(points * (-1, 1, 1))
    np.testing.assert_allclose(there, np.stack([1 - here[:, 0], here[:, 1]], -1), atol=1e-9)


@given(st.integers(6, 20), st.integers(0, 359), st.floats(0.5, 2), st.permutations(range(3)))
def test_every_texel_lies_where_its_triangle_says(rings, turn, height, order):
    """A closed ball, turned about its axis so that its triangles cross the seam anywhere; all of it is drawn."""
    down, around = np.linspace(0.01, np.pi - 0.01, rings), np.radians(np.arange(0, 360, 360 / (2 * rings)) + turn)
    level, angle = np.meshgrid(down, around, indexing="ij")
    ball = np.stack([np.sin(level) * np.sin(angle), height * np.cos(level), np.sin(level) * np.cos(angle)], -1)
    number = np.arange(ball[..., 0].size).reshape(level.shape)
    a, b = number[:-1], number[1:]
    c, d = np.roll(b, -1, 1), np.roll(a, -1, 1)
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])[
        :, order
    ]
    mesh = HeadMesh(
        ball.reshape(-1, 3).astype(np.float32), triangles.astype(np.int32), np.zeros((len(triangles), 3, 2)), ""
    )
    size = 48
    layout = map_atlas(mesh, mesh.vertices.astype(np.float64), size)
    y, x = np.nonzero(layout.fragments.covered)
    told = layout.fragments.interpolate(layout.corners)[y, x]
    apart = told - (np.stack([x, y], 1) + 0.5) / size
    apart[:, 0] -= np.round(apart[:, 0])  # the seam: whole turns
    assert np.abs(apart).max() < 1e-4
    assert layout.fragments.covered[size // 4 : size // 2].all()


@given(arrays.arrays(np.float32, (9, 12, 3), elements=st.floats(0, 1, width=32)), SHARES, SHARES, st.integers(-3, 3))
def test_pictures_come_back_at_their_own_texels_and_wrap(picture, u, v, turns):
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    centres = np.stack([x, y], -1) + 0.5
    np.testing.assert_allclose(sample(picture, centres), picture, atol=1e-6)
    np.testing.assert_allclose(sample_atlas(picture, centres / (12, 9)), picture, atol=1e-3)
    here, around = (sample_atlas(picture, np.array([[u + turn, v]])) for turn in (0, turns))
    np.testing.assert_allclose(here, around, atol=1e-2)  # places are kept to a 32nd of a texel


# --- UV maps ---


@given(
    arrays.arrays(
        np.float32, st.tuples(st.integers(1, 12), st.just(3), st.just(2)), elements=st.floats(0, 9.5, width=32)
    )
)
def test_tiles_share_the_faces_out_and_put_together_are_the_map(uvs):
    mesh = HeadMesh(np.zeros((3, 3), np.float32), np.zeros((len(uvs), 3), np.int32), uvs, "")
    mesh.triangles[:] = np.arange(len(uvs))[:, None]  # names each face
    tiles = split_tiles(mesh)
    together = np.zeros_like(uvs)
    seen = []
    for number, part in tiles.items():
        column, row = (number - FIRST) % 10, (number - FIRST) // 10
        assert tile_number(column, row) == number
        faces = part.triangles[:, 0]
        assert (np.abs(part.corner_uvs.mean(1) - 0.5) <= 0.5 + 1e-5).all()
        together[faces] = part.corner_uvs + np.float32([column, row])
        seen += list(faces)
    assert sorted(seen) == [*range(len(uvs))]
    np.testing.assert_allclose(together, uvs, atol=2e-6)
    assert {*tiles} == {tile_number(*tile) for tile in tiles_of(uvs).tolist()}


@given(TRIANGLES, st.sampled_from([16, 64, 512]))
def test_a_texel_shows_the_uv_that_samples_it(corners, size):
    """A texture that holds UVs: what the rasteriser writes is what sampling reads."""
    uvs = np.clip(corners / (WIDTH, HEIGHT), 0, 1)
    shown = rasterize(texel_corners(uvs, size), size, size)
    y, x = np.nonzero(shown.covered)
    told = shown.interpolate(uvs.astype(np.float32))[y, x]
    np.testing.assert_allclose(told, np.stack([(x + 0.5) / size, 1 - (y + 0.5) / size], 1), atol=1e-4)
