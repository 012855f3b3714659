"""AvatarTex backend: its own process and virtual environment; never imports bpy."""

__version__ = "0.1.0"

if __name__ == "backend":  # not as a part of the add-on, which lives in Blender's process: that one is the artist's
    from .offline import disconnect, leave_current_folder

    leave_current_folder(__file__)
    disconnect()
