"""The demo's stage in Blender: head, material, lights, three cameras, and the way it looks when opened."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from .head import Head

#: Camera name -> degrees it is turned about the head, from the front; the head's own left is +90.
VIEWS = {"Front": 0.0, "Left": 55.0, "Right": -55.0}
HEAD_NAME, MATERIAL_NAME, UV_MAP_NAME = "Demo Head", "Demo Skin", "UVMap"


def build(head: Head) -> bpy.types.Object:
    """Set the stage in an empty file; return the head, selected and active."""
    scene = bpy.context.scene
    subject = _head_object(head)
    scene.collection.objects.link(subject)
    centre = Vector((0.0, -0.012, 0.126))
    for name, degrees in VIEWS.items():
        _camera(scene, name, centre, math.radians(degrees))
    scene.camera = scene.objects["Front"]
    _light(scene, "Key", (-0.55, -0.9, 0.62), centre, size=0.8, watts=6.0)
    _light(scene, "Fill", (0.85, -0.75, 0.2), centre, size=1.2, watts=3.0)
    _light(scene, "Rim", (0.35, 0.9, 0.6), centre, size=0.5, watts=5.0)
    world = bpy.data.worlds.new("Studio")
    scene.world = world
    world.node_tree or setattr(world, "use_nodes", True)  # Blender before 5.0 starts without nodes
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (0.72, 0.75, 0.80, 1.0)
    background.inputs["Strength"].default_value = 0.45
    scene.view_settings.view_transform = "Standard"  # the texture's own colours, not a film look
    subject.select_set(True)
    bpy.context.view_layer.objects.active = subject
    return subject


def render_views(folder: Path, pixels: int = 480, samples: int = 12) -> dict[str, Path]:
    """Render every view with Cycles on the CPU; return view name -> PNG."""
    bpy.ops.preferences.addon_enable(module="cycles")  # the wheel leaves it off
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.seed = "CPU", samples, 0
    scene.cycles.use_denoising = True
    # Fast and unfiltered: soft light on one head is nearly clean after a dozen samples, and the good denoiser
    # takes longer than the samples.
    scene.cycles.denoising_quality, scene.cycles.denoising_prefilter = "FAST", "NONE"
    scene.cycles.max_bounces = 3
    scene.render.resolution_x, scene.render.resolution_y = pixels, round(pixels * 1.2)
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    pictures = {}
    for name in VIEWS:
        scene.camera = scene.objects[name]
        scene.render.filepath = str(folder / f"{name.lower()}.png")
        bpy.ops.render.render(write_still=True)
        pictures[name] = Path(scene.render.filepath)
        print(f"    rendered {name.lower()}", flush=True)
    scene.camera = scene.objects["Front"]
    return pictures


def save(path: Path) -> None:
    """Pack every picture and save; the file opens in Material Preview, looking through the front camera."""
    for screen in bpy.data.screens:
        for area in screen.areas:
            for space in area.spaces:
                if space.type == "VIEW_3D":
                    space.shading.type = "MATERIAL"
                    space.region_3d.view_perspective = "CAMERA"
                    space.overlay.show_overlays = False
                    space.show_region_ui = True
    bpy.context.scene.render.filepath = "//"  # no path of this machine in the file
    bpy.ops.file.pack_all()
    bpy.context.preferences.filepaths.save_version = 0  # no .blend1 beside it
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)


def _head_object(head: Head) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(HEAD_NAME)
    x, y, z = head.vertices.T
    mesh.from_pydata(np.stack([x, -z, y], axis=1).tolist(), [], head.faces.tolist())  # y up -> z up
    layer = mesh.uv_layers.new(name=UV_MAP_NAME)
    layer.data.foreach_set("uv", head.uvs[head.face_uvs].astype(np.float32).ravel())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(head.faces), dtype=bool))
    material = bpy.data.materials.new(MATERIAL_NAME)
    material.node_tree or setattr(material, "use_nodes", True)
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (0.6, 0.6, 0.6, 1.0)
    shader.inputs["Roughness"].default_value = 0.65
    mesh.materials.append(material)
    mesh.validate()
    subject = bpy.data.objects.new(HEAD_NAME, mesh)
    smooth = subject.modifiers.new("Subdivision", "SUBSURF")
    smooth.levels = smooth.render_levels = 1
    return subject


def _camera(scene: bpy.types.Scene, name: str, target: Vector, turn: float) -> None:
    data = bpy.data.cameras.new(name)
    data.lens, data.sensor_fit, data.sensor_height = 85.0, "VERTICAL", 24.0
    camera = bpy.data.objects.new(name, data)
    distance = 1.02
    camera.location = target + Vector((math.sin(turn) * distance, -math.cos(turn) * distance, 0.02))
    camera.rotation_euler = (target - camera.location).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(camera)


def _light(
    scene: bpy.types.Scene, name: str, place: tuple[float, float, float], target: Vector, size: float, watts: float
) -> None:
    data = bpy.data.lights.new(name, "AREA")
    data.size, data.energy = size, watts
    light = bpy.data.objects.new(name, data)
    light.location = place
    light.rotation_euler = (target - light.location).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(light)
