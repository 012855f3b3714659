"""The rasteriser beside Cycles on the same head and machine, and everything before stage 1. In one run:

    python -m tests.speed [--size 4096]

Cycles bakes positions into a float picture of the same size, one sample, no margin. Ours does it twice: which triangle
each texel shows, and from that the picture of positions that Cycles leaves too; the two pictures are compared.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from backend.head.mesh import HeadMesh, load_mesh
from backend.head.rasterize import rasterize, texel_corners
from backend.lab.prepared import prepare_head
from backend.pipeline import load_cached_networks
from tests.demo import sources
from tests.demo.head import build_head, write_obj


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.speed", description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=4096, help="texels (default 4096)")
    parser.add_argument("--without-cycles", action="store_true", help="only ours")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        mesh = dense(load_mesh(write_obj(build_head(), Path(folder) / "head.obj")))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"the demo's head with {len(mesh.triangles):,} triangles, {cores} cores, the fastest of several runs")
    size, corners = options.size, texel_corners(mesh.corner_uvs, options.size)
    places = mesh.corners(mesh.vertices)
    fragments, rastered = fastest(lambda: rasterize(corners, size, size), 5)
    _, filled = fastest(lambda: rasterize(corners, size, size).interpolate(places), 5)
    print(f"rasterised at {size}: {rastered:.2f} s; with a picture of positions: {filled:.2f} s")
    if not options.without_cycles:
        baked, seconds = bake_positions(mesh, size)
        both = fragments.covered & (baked[..., 3] > 0)
        apart = np.abs(fragments.interpolate(places) - baked[..., :3]).max(2)[both]
        times = f"{seconds / rastered:.0f} and {seconds / filled:.0f} times"
        print(f"Cycles bakes positions: {seconds:.1f} s, {times} that")
        print(f"positions agree to {np.percentile(apart, 99.9):.1e} m on 99.9 % of {both.sum():,} texels")
    networks = load_cached_networks("cpu")
    portrait = str(sources.astronaut())
    prepare_head(mesh, portrait, "auto", networks)
    _, before = fastest(lambda: prepare_head(mesh, portrait, "auto", networks), 3)
    print(f"everything before stage 1, warm: {before:.2f} s")
    return 0


def fastest(work: Callable, times: int) -> tuple:
    """The result and the least seconds of several runs: what others do on the machine only ever adds."""
    best = np.inf
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return result, best


def dense(mesh: HeadMesh) -> HeadMesh:
    """Each triangle as twelve, in its own plane: over 100 000 of the demo's head."""
    corners = np.concatenate([mesh.corners(mesh.vertices), mesh.corner_uvs], 2).astype(np.float64)  # (M,3,5)
    a, b, c = np.moveaxis(corners, 1, 0)
    ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
    quarters = np.concatenate([np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    (a, b, c), middle = np.moveaxis(quarters, 1, 0), quarters.mean(1)
    twelfths = np.concatenate([np.stack(t, 1) for t in ((a, b, middle), (b, c, middle), (c, a, middle))])
    vertices, triangles = np.unique(twelfths[..., :3].reshape(-1, 3).astype(np.float32), axis=0, return_inverse=True)
    return HeadMesh(vertices, triangles.reshape(-1, 3).astype(np.int32), twelfths[..., 3:].astype(np.float32), "dense")


def bake_positions(mesh: HeadMesh, size: int) -> tuple[np.ndarray, float]:
    """(size,size,4) positions as Cycles bakes them on the CPU, row 0 on top, and its seconds (the faster of two)."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.preferences.addon_enable(module="cycles")
    data = bpy.data.meshes.new("Head")
    data.from_pydata(mesh.vertices.tolist(), [], mesh.triangles.tolist())
    data.uv_layers.new(name="UVMap").uv.foreach_set("vector", mesh.corner_uvs.ravel())
    head = bpy.data.objects.new("Head", data)
    bpy.context.scene.collection.objects.link(head)
    material = bpy.data.materials.new("Head")
    material.node_tree or setattr(material, "use_nodes", True)  # Blender before 5.0 starts without nodes
    data.materials.append(material)
    image = bpy.data.images.new("Positions", size, size, float_buffer=True, is_data=True)
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image, material.node_tree.nodes.active = image, node
    head.select_set(True)
    bpy.context.view_layer.objects.active = head
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.device, scene.cycles.samples = "CYCLES", "CPU", 1
    scene.cycles.use_adaptive_sampling = False
    _, seconds = fastest(lambda: bpy.ops.object.bake(type="POSITION", margin=0), 2)
    pixels = np.empty(size * size * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(size, size, 4)[::-1], seconds


if __name__ == "__main__":
    raise SystemExit(main())
