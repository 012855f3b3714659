"""The client side of the backend. Nothing in here imports bpy: it is tested, and understood, without Blender."""
