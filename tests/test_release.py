"""What a release publishes: the tag's version, the changelog's section, sums that sha256sum accepts."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

import build

spec = importlib.util.spec_from_file_location("release", build.ROOT / "docs" / "release.py")
release = importlib.util.module_from_spec(spec)
spec.loader.exec_module(release)

CHANGELOG = (
    "# Changelog\n\n## Unreleased\n\n- Later.\n\n## 0.2.0 (2026-12-01)\n\n### Added\n\n- New.\n\n## 0.1.0\n\n- Old.\n"
)


def test_the_section_of_a_version_and_no_other():
    assert release.notes(CHANGELOG, "0.2.0") == "### Added\n\n- New.\n"
    assert release.notes(CHANGELOG, "0.1.0") == "- Old.\n"
    for missing in ("0.3.0", "0.2", "0.2.0.1"):
        with pytest.raises(build.BuildError, match="says nothing"):
            release.notes(CHANGELOG.replace("## 0.2.0 ", "## 0.2.00 "), missing)


def test_a_tag_of_another_version_is_refused():
    manifest = (build.ROOT / "blender_manifest.toml").read_text()
    version = re.search(r'^version = "(.+)"', manifest, re.MULTILINE)[1]
    assert release.check_tag(f"v{version}", manifest) == version
    for tag in (version, f"v{version}.1", "v9.9.9", ""):
        with pytest.raises(build.BuildError, match=re.escape(version)):
            release.check_tag(tag, manifest)


def test_all_platforms_are_built_and_their_sums_are_right(tmp_path, monkeypatch):
    def package(output: Path, platform: str | None = None) -> Path:
        output.mkdir(exist_ok=True)
        path = output / f"avatartex-{platform or 'small'}.zip"
        path.write_text(str(platform))
        return path

    monkeypatch.setattr(build, "package", package)
    monkeypatch.setattr(release, "notes", lambda changelog, version: f"Of {version}.\n")
    monkeypatch.setattr(release, "check_tag", lambda tag, manifest: tag[1:])
    assert release.main(["v1.2.3", "--output", str(tmp_path / "dist")]) == 0
    made = {path.name for path in (tmp_path / "dist").iterdir()}
    zips = {f"avatartex-{name}.zip" for name in ("small", *build.PLATFORMS)}
    assert made == zips | {"SHA256SUMS", "NOTES.md"}
    assert (tmp_path / "dist" / "NOTES.md").read_text() == "Of 1.2.3.\n"
    sums = (tmp_path / "dist" / "SHA256SUMS").read_text()
    assert {line.split("  ")[1] for line in sums.splitlines()} == zips
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path / "dist", check=True, capture_output=True)


def test_a_version_without_a_section_publishes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build, "package", lambda *_: pytest.fail("it builds"))
    assert release.main(["v9.9.9", "--output", str(tmp_path / "dist")]) == 1
    assert "error: The tag is v9.9.9" in capsys.readouterr().err and not (tmp_path / "dist").exists()


def test_cases_go_with_licences_that_are_known_alone(tmp_path):
    cases, case = tmp_path / "cases", tmp_path / "cases" / "00"
    case.mkdir(parents=True)
    (case / "truth.jpg").write_bytes(b"a picture")
    with pytest.raises(build.BuildError, match="licences"):
        release.zip_cases(cases, tmp_path / "out")
    (cases / "LICENCES").write_text("other\n-----\nNot known: do not pass these cases on.")
    with pytest.raises(build.BuildError, match="licences"):
        release.zip_cases(cases, tmp_path / "out")
    (cases / "LICENCES").write_text("CC0")
    with zipfile.ZipFile(release.zip_cases(cases, tmp_path / "out")) as archive:
        assert archive.namelist() == ["00/truth.jpg", "LICENCES"] and archive.read("00/truth.jpg") == b"a picture"
