"""The tangents of normal maps are those that Blender makes, on mirrored islands too."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np

from backend.maps.tangents import find_frames
from tests.backend.bumpy_ball import turned
from tests.backend.flat_head import mesh_of_ball


def test_tangents_and_handedness_are_blenders():
    mesh = turned(mesh_of_ball(17))
    # vertices that lie in one point at the poles leave faces without area: Blender drops none of the others
    kept = np.linalg.norm(np.cross(*np.moveaxis(np.diff(mesh.corners(mesh.vertices), axis=1), 1, 0)), axis=1) > 1e-7
    triangles, uvs = mesh.triangles[kept], mesh.corner_uvs[kept]
    made = bpy.data.meshes.new("ball")
    # welded: Blender's vertex normals are shared along the cut
    first = np.unique(mesh.welded, return_index=True)[1]
    made.from_pydata(mesh.vertices[first].tolist(), [], mesh.welded[triangles].tolist())
    layer = made.uv_layers.new(name="UV")
    layer.data.foreach_set("uv", uvs.reshape(-1))
    made.polygons.foreach_set("use_smooth", [True] * len(made.polygons))
    made.calc_tangents(uvmap="UV")
    count = len(made.loops)
    assert count == 3 * len(triangles)
    tangent, sign = np.zeros(3 * count, np.float32), np.zeros(count, np.float32)
    made.loops.foreach_get("tangent", tangent)
    made.loops.foreach_get("bitangent_sign", sign)
    normals = np.array([vertex.normal for vertex in made.vertices], np.float32)[mesh.welded]
    frames = find_frames(replace(mesh, triangles=triangles, corner_uvs=uvs), normals)
    assert {-1.0, 1.0} == set(sign.tolist())
    np.testing.assert_array_equal(np.repeat(frames.signs, 3), sign)
    alike = (frames.tangents.reshape(-1, 3) * tangent.reshape(-1, 3)).sum(1)
    assert np.quantile(alike, 0.01) > 0.999 and np.median(alike) > 0.99999
    bpy.data.meshes.remove(made)
