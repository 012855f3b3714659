"""Every difference between Blender 4.2 and 5.x that the add-on meets, by name."""

from __future__ import annotations

import bpy

#: From 5.0 on every material has nodes, and touching Material.use_nodes warns (it goes away in 6.0).
MATERIALS_ALWAYS_HAVE_NODES = bpy.app.version >= (5, 0, 0)

#: From 4.5 on a path property must say that it understands '//' (relative to the .blend file).
RELATIVE_PATH_OPTIONS = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()


def has_nodes(material: bpy.types.Material) -> bool:
    return MATERIALS_ALWAYS_HAVE_NODES or material.use_nodes


def enable_nodes(material: bpy.types.Material) -> None:
    if not MATERIALS_ALWAYS_HAVE_NODES:
        material.use_nodes = True


def set_linear(image: bpy.types.Image) -> None:
    """Scene-linear light with the primaries of sRGB; the name is the one of Blender's own configuration."""
    try:
        image.colorspace_settings.name = "Linear Rec.709"
    except TypeError:
        pass  # its default for images of floats is the scene's linear space


def set_srgb(image: bpy.types.Image) -> None:
    """Names of colour spaces come from the OCIO configuration, which a studio may have replaced."""
    try:
        image.colorspace_settings.name = "sRGB"
    except TypeError:
        pass  # its default for byte images is the best there is


def set_data(image: bpy.types.Image) -> None:
    """The image's values are no colours; see set_srgb for the names."""
    try:
        image.colorspace_settings.name = "Non-Color"
    except TypeError:
        pass


def unified_paint_settings(settings: bpy.types.ToolSettings):
    """Colour that all brushes share; from 5.0 on each paint mode has its own."""
    return getattr(settings.image_paint, "unified_paint_settings", None) or settings.unified_paint_settings
