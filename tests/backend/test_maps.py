"""Maps against rendered truth: folds are relief, moles are none, and a seam shows nowhere."""

from __future__ import annotations

import numpy as np
import pytest

from backend.compose.texels import find_texels
from backend.head.mesh import HeadMesh
from backend.maps.normals import slopes, tangent_normals
from backend.maps.relief import Relief
from backend.maps.tangents import find_frames
from backend.surface.find import Details
from tests.backend.bumpy_ball import DEEP, Scene, bumpy_normals, height, job_of, painted, turned, upright
from tests.backend.flat_head import mesh_of_ball

SIZE = 1024
LIGHT, DARK = np.float32([0.80, 0.60, 0.50]), np.float32([0.34, 0.20, 0.16])
EVEN = np.float32([0.5, 0, 0, 0.4, 0, 0, 0, 0, 0])
SIDE = np.float32([0.45, 0.45, 0.1, 0.35, 0, 0, 0, 0, 0])
ABOVE = np.float32([0.5, 0, 0.4, 0.4, 0, 0, 0, 0, 0])


def in_space(mesh: HeadMesh, heights: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,3) normals that a renderer makes of the normal map of (n,) heights; (n,3) the texels' places; (n,) covered."""
    texels = find_texels(mesh, size)
    laid = np.zeros((size, size), np.float32)
    laid[texels.filled] = heights
    normals = upright(mesh.vertices).astype(np.float32)
    frames = find_frames(mesh, normals)
    map_ = tangent_normals(mesh, frames, texels, *slopes(laid, texels.filled))
    out = texels.at(mesh, normals)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    tangent = (frames.tangents[texels.triangle] * texels.weights[..., None]).sum(1)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    bitangent = np.cross(out, tangent) * frames.signs[texels.triangle, None]
    made = map_[:, :1] * tangent + map_[:, 1:2] * bitangent + map_[:, 2:] * out
    return upright(made), texels.at(mesh, mesh.vertices), texels.covered[texels.filled]


def degrees(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip((one * other).sum(-1), -1, 1)))


@pytest.mark.parametrize("tone", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("light", [EVEN, SIDE, ABOVE], ids=["even", "side", "above"])
def test_folds_are_found_and_moles_are_flat(tone, light):
    mesh = mesh_of_ball(97)
    job = job_of(Scene(tone, light), mesh)
    relief = Relief(job, Details(), 0.0)
    texels = find_texels(mesh, SIZE)
    found = relief.heights(mesh, texels)
    made, places, covered = in_space(mesh, found, SIZE)
    seen = covered & (places[:, 2] > 0.3)
    folded = seen & (np.abs(places[:, 1] + 0.4 * places[:, 0]) < 0.09) & (painted(places) == 0)
    truth = bumpy_normals(places)
    error, flat = degrees(made, truth)[folded], degrees(upright(places), truth)[folded]
    moles = seen & (painted(places) > 0.02) & (np.abs(places[:, 1] + 0.4 * places[:, 0]) > 0.2)
    mole, fold = found[moles].std(), found[folded].std()
    print(f"error {np.median(error):.1f} of {np.median(flat):.1f} degrees, moles {mole / fold:.3f} of folds, "
          f"folds {fold / height(places[folded]).std():.2f} of the truth")
    assert np.median(error) < 0.7 * np.median(flat)
    assert mole < 0.1 * fold
    assert np.corrcoef(found[folded], height(places[folded]))[0, 1] > 0.7
    assert fold < 1.5 * height(places[folded]).std() and np.abs(found).max() < 2 * DEEP


@pytest.mark.parametrize("mesh", [mesh_of_ball(65), turned(mesh_of_ball(65))], ids=["one", "islands"])
def test_normals_are_those_of_the_displaced_surface_on_every_island(mesh):
    texels = find_texels(mesh, SIZE)
    places = texels.at(mesh, mesh.vertices)
    made, places, covered = in_space(mesh, height(places).astype(np.float32), SIZE)
    folded = covered & (np.abs(places[:, 1] + 0.4 * places[:, 0]) < 0.09) & (np.abs(places[:, 1]) < 0.4)
    error = degrees(made, bumpy_normals(places))[folded]
    lean = degrees(bumpy_normals(places), upright(places))[folded]
    assert np.quantile(lean, 0.9) > 5 and np.quantile(error, 0.95) < 1.2


def test_both_sides_of_a_seam_have_one_normal():
    mesh = turned(mesh_of_ball(65))
    texels = find_texels(mesh, SIZE)
    places = texels.at(mesh, mesh.vertices)
    made, places, covered = in_space(mesh, height(places).astype(np.float32), SIZE)
    left = np.flatnonzero(covered & (places[:, 0] < 0) & (places[:, 0] > -0.002) & (np.abs(places[:, 1]) < 0.1))
    right = np.flatnonzero(covered & (places[:, 0] >= 0) & (places[:, 0] < 0.002) & (np.abs(places[:, 1]) < 0.1))
    assert len(left) > 50 and len(right) > 50
    near = np.linalg.norm(places[left, None] - places[None, right], axis=2)
    pair = near.argmin(1)
    close = near.min(1) < 0.003
    assert close.sum() > 50 and np.quantile(degrees(made[left], made[right[pair]])[close], 0.9) < 3
