"""build.py package --repository: Blender's own client finds, installs and updates an extension from that folder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import build

MANIFEST = """\
schema_version = "1.0.0"
id = "tiny"
version = "{version}"
name = "Tiny"
tagline = "Nothing at all"
maintainer = "Nobody"
type = "add-on"
blender_version_min = "4.2.0"
license = ["SPDX:GPL-3.0-or-later"]
"""


def client(*words: object) -> str:
    """What Blender's client says, as its preferences ask it."""
    tool = next(build.ENVIRONMENT.rglob("bl_pkg/cli/blender_ext.py"))
    command = [sys.executable, str(tool), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def make_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(build, "ENVIRONMENT", Path(sys.prefix))

    def make(version: str) -> Path:
        source = tmp_path / f"source-{version}"
        source.mkdir()
        (source / "blender_manifest.toml").write_text(MANIFEST.format(version=version))
        (source / "__init__.py").write_text("def register(): pass\ndef unregister(): pass\n")
        built = tmp_path / f"tiny-{version}.zip"
        client("build", "--source-dir", source, "--output-filepath", built)
        return built

    return make


def test_blender_installs_and_updates_from_the_folder(make_zip, tmp_path):
    repository, local = tmp_path / "repository", tmp_path / "local"
    url = (repository / "index.json").as_uri()
    for version in ("1.2.0", "1.10.0"):
        build.publish(make_zip(version), repository)
        (listed,) = json.loads((repository / "index.json").read_text())["data"]
        assert (listed["id"], listed["version"]) == ("tiny", version)
        client("sync", "--remote-url", url, "--local-dir", local)
        client("install", "--remote-url", url, "--local-dir", local, "--blender-version", "4.2.0", "tiny")
        text = (local / "tiny" / "blender_manifest.toml").read_text()
        assert re.search(r'^version = "(.+)"', text, re.MULTILINE)[1] == version
    assert [path.name for path in repository.glob("*.zip")] == ["tiny-1.10.0.zip"]
    assert "tiny-1.10.0.zip" in (repository / "index.html").read_text()


def test_zips_for_other_systems_stay(make_zip, tmp_path):
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "tiny-1.0.0-linux-x64.zip").write_bytes(make_zip("1.0.0").read_bytes())
    build.publish(make_zip("1.1.0"), repository)
    assert {path.name for path in repository.glob("*.zip")} == {"tiny-1.0.0-linux-x64.zip", "tiny-1.1.0.zip"}
