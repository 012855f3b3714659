"""AvatarTex backend: its own process and virtual environment; never imports bpy."""

__version__ = "0.1.0"

if __name__ == "backend":  # not as a part of the add-on, which lives in Blender's process: that one is the artist's
    import os

    from .offline import disconnect, leave_current_folder

    leave_current_folder(__file__)
    disconnect()
    # a job's products are small and on all cores: BLAS's own threads wait for each other, twice as long on busy ones
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
