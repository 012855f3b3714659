"""AvatarTex backend: its own process and virtual environment; never imports bpy."""

__version__ = "0.1.0"
