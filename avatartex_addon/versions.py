"""Differences between Blender versions, each named once."""

import bpy

#: 5.0: every material has nodes and use_nodes only warns.
ALWAYS_NODES = bpy.app.version >= (5, 0, 0)


def online_access() -> bool:
    return bool(getattr(bpy.app, "online_access", True))
