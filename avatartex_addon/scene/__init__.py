"""Everything that reads or changes Blender's data: heads, materials, images, overlays."""

from . import layers, moving, overlay, regions, thumbnails

PARTS = (thumbnails, overlay, moving, regions, layers)
