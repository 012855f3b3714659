"""The demo that `build.py demo` runs: a real head, a real photograph, the installed extension, one Generate.

head.py builds the head (numpy only), sources.py finds what packages carry, scene.py sets the stage in
Blender, sheet.py lays out the picture, run.py does the main job the way the artist does.
"""
