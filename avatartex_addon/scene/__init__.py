"""Everything that reads or changes Blender's data: heads, materials, images, overlays."""

from . import layers, moving, old_files, overlay, regions, thumbnails

PARTS = (thumbnails, overlay, old_files, moving, regions, layers)
