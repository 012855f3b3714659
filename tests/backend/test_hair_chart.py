"""The direction of seen strands: read from a picture, and laid on a surface whatever its UV map."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from backend import pipeline
from backend.head.mesh import HeadMesh, load_mesh
from backend.lab.prepared import prepare_head
from backend.surface.hair_chart import CELLS, SCALP, find_directions, find_field, lay_directions, tangent_frames

SIZE, FACE = 160, 200.0


def striped(degrees: float, strength: float = 0.1) -> np.ndarray:
    """(SIZE,SIZE,3) lines in this direction, x right and y down, of several widths."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    angle = np.radians(degrees)
    across = x * np.sin(angle) - y * np.cos(angle)
    waves = sum(np.sin(across * 2 * np.pi / width + width) for width in (7.0, 10.0, 17.0))
    return np.repeat((0.4 + strength * waves / 3)[..., None], 3, 2).astype(np.float32)


@pytest.mark.parametrize("degrees", [0, 25, 90, 140])
def test_the_direction_is_the_lines(degrees):
    middle = find_directions(striped(degrees), np.ones((SIZE, SIZE), np.float32), FACE)[40:-40, 40:-40]
    expected = np.array([np.cos(2 * np.radians(degrees)), np.sin(2 * np.radians(degrees))])
    assert ((middle * expected).sum(-1) > 0.98).all()


def test_what_is_plain_or_noise_has_none_and_the_border_of_hair_is_no_strand():
    hair = np.zeros((SIZE, SIZE), np.float32)
    hair[:, 50:110] = 1
    noise = np.random.default_rng(0).normal(0, 0.002, (SIZE, SIZE, 3)).astype(np.float32)
    edged = np.where(hair[..., None] > 0, np.float32(0.2), np.float32(0.8)) + noise
    found = np.linalg.norm(find_directions(edged, hair, FACE), axis=-1)
    assert found.max() < 0.5 and not found[:, :50].any()
    lines = find_directions(striped(0) - edged + edged.mean(), hair, FACE)[:, 70:90]
    assert (lines[..., 0] > 0.9).all()  # and not upright, as the border is


def plane(turn: float, mirrored: bool) -> tuple[HeadMesh, np.ndarray]:
    """A square before the face's middle with its UV map turned; its canonical places are its own."""
    vertices = np.array([[-0.1, -0.1, 0.5], [0.1, -0.1, 0.5], [0.1, 0.1, 0.5], [-0.1, 0.1, 0.5]], np.float32)
    angle = np.radians(turn)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    uv = vertices[:, :2] @ rotation.T * (3, 1) * (-1 if mirrored else 1, 1) + 0.5  # and stretched
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    return HeadMesh(vertices, triangles, uv[triangles].astype(np.float32), "plane"), vertices


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [60, -30])
def test_it_is_laid_along_tangent_and_bitangent(mirrored, degrees):
    """A step along the strands is a step along the field in the chart, however the UV map lies."""
    mesh, canonical = plane(35, mirrored)
    canonical = 0.1 * canonical + np.float32([0, 0.6, 0.45])  # above the forehead
    field = np.zeros((CELLS, CELLS, 3), np.float32)
    field[:] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 0.7
    middle = mesh.corners(canonical).mean(1)
    laid = lay_directions(SCALP, field, mesh, canonical, np.array([0, 1]), middle)
    assert np.allclose(laid[:, 2], 0.7, atol=1e-6)
    along, across = tangent_frames(mesh)
    assert (np.cross(along, across)[:, 2] > 0.99).all()
    red, green = (2 * laid[:, :2] - 1).T
    step = red[:, None] * along + green[:, None] * across
    assert np.allclose(np.linalg.norm(step, axis=1), 1, atol=1e-5)
    moved = SCALP.at(middle + 0.001 * step) - SCALP.at(middle)
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    assert (moved @ field[0, 0, :2] > 0.98).all()


def test_a_scalps_chart_has_no_seam_and_hair_grows_forwards_and_down():
    back = np.float32([[-0.01, 0.2, -0.4], [0.01, 0.2, -0.4]])
    assert np.ptp(SCALP.at(back), axis=0).max() < 0.02
    ground = np.float32([[0, 0.8, 0.3], [0.45, 0.3, 0], [0, 0.2, -0.4]])  # above the forehead, beside, the nape
    growth = SCALP.growth()
    for place, way in zip(ground, ([0, 0, 1], [0, -1, 0.5], [0, -1, 0]), strict=True):
        here = SCALP.at(place)
        column, row = (here * CELLS).astype(int)
        there = SCALP.at(place + 0.02 * np.float32(way)) - here
        assert growth[row, column] @ there / np.linalg.norm(there) > 0.8


def test_the_field_is_what_the_portrait_shows_and_goes_over_into_growth(demo_head_obj, astronaut):
    """A portrait of lines that rise by 30 degrees, wherever it shows hair."""
    job = prepare_head(load_mesh(demo_head_obj), str(astronaut), "photo", pipeline.load_cached_networks("cpu"))
    view = job.views[0]
    height, width = view.masks["hair"].shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle, face = np.radians(-30), view.registration.face_height
    across = (x * np.sin(angle) - y * np.cos(angle)) / face
    lines = 0.4 + 0.1 * sum(np.sin(across * 2 * np.pi * waves + waves) for waves in (25, 37))
    picture = np.repeat(lines[..., None], 3, 2).astype(np.float32)
    lined = replace(view, observation=replace(view.observation, portrait=picture))
    layout = SCALP.lay_out(job.mesh, job.canonical)
    field = find_field(SCALP, layout, job.mesh, [(lined, np.ones((height, width), np.float32))])
    points = layout.fragments.interpolate(job.mesh.corners(job.mesh.vertices.astype(np.float32))).astype(np.float64)
    pixels, _ = view.registration.project(points)
    down, right = np.gradient(pixels, axis=(0, 1))
    shown = cv2.erode((field[..., 2] > 0.95).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert shown.sum() > 200
    moved = (right * field[..., :1] + down * field[..., 1:2])[shown]
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    assert np.median(np.abs(moved @ [np.cos(angle), np.sin(angle)])) > 0.97
    nape = SCALP.at(np.float32([0, 0.2, -0.4])) * CELLS
    row, column = nape[1].astype(int), nape[0].astype(int)
    assert field[row, column, 2] == 0
    assert np.allclose(field[row, column, :2], SCALP.growth()[row, column], atol=0.01)
    steps = np.abs(np.diff(field[..., :2], axis=0)).max(-1)[layout.fragments.covered[1:]]
    assert np.quantile(steps, 0.99) < 0.3  # neighbours point one way
