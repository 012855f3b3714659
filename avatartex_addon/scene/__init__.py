"""Between Blender's data and the backend's files."""
