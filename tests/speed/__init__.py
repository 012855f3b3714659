"""Speed against what Blender itself does, and against the goals: python -m tests.speed."""
