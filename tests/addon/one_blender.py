"""A Blender of its own that runs one job, for test_care.py: python one_blender.py PORTRAIT HOW

HOW: 'end' runs the job and prints the texture's path and this Blender's temporary folder; 'quit' prints the backend's
process id in the middle of the job and quits; 'hang' prints it and waits to be killed.
"""

import importlib
import sys
import time
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.addon.conftest import PACKAGE, make_head
from tests.leave import leave

importlib.import_module("addon_utils").enable(PACKAGE, default_set=True)
api, session = (importlib.import_module(f"{PACKAGE}.{name}") for name in ("api", "session"))

portrait, how = sys.argv[1:]
bpy.ops.wm.read_homefile(use_empty=True)
make_head("Head")
if how == "end":
    made = api.generate("Head", portrait, size=512)
    print(made.texture, made.texture.stat().st_size > 0, bpy.app.tempdir, flush=True)
else:
    running = api.start(api.describe("Head", portrait, size=512))
    while running.status.fraction == 0:
        running.step()
        time.sleep(0.01)
    print(session.client().child.process.pid, flush=True)
    if how == "hang":
        time.sleep(600)

leave(0)
