"""blender --command avatartex ...: the API without a window."""

from . import entry

PARTS = (entry,)
