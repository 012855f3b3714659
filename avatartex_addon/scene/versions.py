"""Every difference between Blender 4.2 and 5.x that the add-on meets, by name."""

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


def stored_values(thing: bpy.types.ID):
    """What files hold of the add-on's properties, by name, in groups; from 5.0 on apart from the artist's own."""
    return thing.bl_system_properties_get(do_create=True) if bpy.app.version >= (5, 0, 0) else thing


#: Scene-linear light with the primaries of sRGB; what is displayed; values that are no colours: by Blender's own names.
LINEAR, SRGB, DATA = "Linear Rec.709", "sRGB", "Non-Color"


def set_space(image: bpy.types.Image, name: str) -> None:
    """The image keeps its default where the OCIO configuration, which a studio may have replaced, has no such space."""
    try:
        image.colorspace_settings.name = name
    except TypeError:
        pass


def unified_paint_settings(settings: bpy.types.ToolSettings):
    """Colour that all brushes share; from 5.0 on each paint mode has its own."""
    return getattr(settings.image_paint, "unified_paint_settings", None) or settings.unified_paint_settings
