"""The built-in profile needs none of the packages of large models and of the laboratory."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LARGE = {"torch", "diffusers", "transformers", "huggingface_hub", "sympy", "networkx"}
#: Makes a texture in a process in which none of them can be imported.
JOB = f"""
import sys
class Nowhere:
    def find_spec(self, name, *_):
        if name.split(".")[0] in {sorted(LARGE)!r}:
            raise ImportError(name + " was asked for")
sys.meta_path.insert(0, Nowhere())
import backend.pipeline
from backend.messages import Generate
head, portrait, output = sys.argv[1:]
request = Generate("job", portrait, output, mesh=head, size=512, style="anime", seed=3, report=output + ".json")
backend.pipeline.generate(request, lambda *_: None, lambda: False)
from backend import doctor
assert not [line for line in doctor.findings() if line.state == doctor.BROKEN]
assert not set({sorted(LARGE)!r}) & sys.modules.keys()
"""


def test_a_texture_is_made_where_torch_is_not(demo_head_obj, astronaut, tmp_path):
    output = tmp_path / "texture.png"
    words = [sys.executable, "-c", JOB, str(demo_head_obj), str(astronaut), str(output)]
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    assert output.stat().st_size > 10_000
    assert "torch" in json.loads((tmp_path / "texture.png.json").read_text())["versions"]  # said, not imported


def test_only_large_models_and_the_laboratory_import_it():
    """Anywhere in a file, at its top or not."""
    found = set()
    for path in (ROOT / "backend").rglob("*.py"):
        folder = path.relative_to(ROOT / "backend").parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            if {name.split(".")[0] for name in names} & (LARGE - {"huggingface_hub"}):
                found.add(folder)
    assert found <= {"lab", "large"}
