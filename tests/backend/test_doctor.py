"""The doctor: says what is broken, how to mend it, and lets scripts know."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pytest

from backend import doctor


def test_healthy_machine(capsys):
    assert doctor.main([]) == 0
    text = capsys.readouterr().out
    assert "Everything that generate needs is here." in text and "face_landmark.onnx" in text


def test_json(capsys):
    assert doctor.main(["--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is True
    assert {"what", "found", "wanted", "state", "mend"} == set(answer["findings"][0])


def test_broken_machine_is_told_and_exits_with_one(monkeypatch, capsys):
    torch = doctor.Finding("torch", "missing", ">=2", doctor.BROKEN, "Get it.")
    lines = [doctor.Finding("Python", "3.12", "3.11"), torch]
    monkeypatch.setattr(doctor, "findings", lambda: iter(lines))
    assert doctor.main([]) == 1
    assert "-> Get it." in capsys.readouterr().out
    assert doctor.main(["--json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


@pytest.mark.parametrize(
    "package, found",
    [
        (doctor.Package("nowhere", ("avatartex-no-such-package",), "1", "2"), "missing"),
        (doctor.Package("numpy", ("numpy",), "99", "100"), None),
        (doctor.Package("numpy", ("numpy",), "0.1", "0.2"), None),
        (doctor.Package("numpy.no_such_module", ("numpy",), "1", "99"), "does not import"),
    ],
)
def test_packages_that_are_not_right(package, found):
    finding = doctor.check_package(package)
    assert finding.state == doctor.BROKEN and finding.mend
    assert found is None or found in finding.found


def test_any_of_the_distributions_will_do():
    package = doctor.Package("numpy", ("avatartex-no-such-package", "numpy"), "1", "99")
    assert doctor.check_package(package).state == doctor.OK


def test_old_python(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 2))
    assert doctor.python_version().state == doctor.BROKEN


def _weights(folder: Path, content: bytes = b"weights") -> None:
    (folder / "net.onnx").write_bytes(content)
    manifest = {"net.onnx": {"sha256": hashlib.sha256(b"weights").hexdigest(), "bytes": 7}}
    (folder / doctor.MANIFEST).write_text(json.dumps(manifest))


def test_weights(tmp_path):
    _weights(tmp_path)
    assert [f.state for f in doctor.weights(tmp_path)] == [doctor.OK]
    _weights(tmp_path, b"weightz")
    assert [f.state for f in doctor.weights(tmp_path)] == [doctor.BROKEN]
    (tmp_path / "net.onnx").unlink()
    assert [f.found for f in doctor.weights(tmp_path)] == ["missing"]


@pytest.mark.parametrize("text", [None, "", "[]", "{", '{"a": {}}', '{"a": 3}'])
def test_manifest_that_cannot_be_read(tmp_path, text):
    if text is not None:
        (tmp_path / doctor.MANIFEST).write_text(text)
    (finding,) = doctor.weights(tmp_path)
    assert finding.state == doctor.BROKEN and finding.mend


def test_folder_that_cannot_be_written(tmp_path):
    finding = doctor.disk(tmp_path / "gone")
    assert finding.state == doctor.BROKEN and "TMPDIR" in finding.mend
    assert doctor.disk(tmp_path).state == doctor.OK


def test_full_disk_and_little_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "DISK_WANTED", 1e9)
    assert doctor.disk(tmp_path).state == doctor.BROKEN
    monkeypatch.setattr(doctor, "free_memory", lambda: 0.5)
    assert doctor.memory().state == doctor.NOTE
    monkeypatch.setattr(doctor, "free_memory", lambda: None)
    assert doctor.memory().state == doctor.OK


def test_memory_is_counted():
    assert 0.01 < doctor.free_memory() < 100_000


def test_versions_compare_as_numbers():
    assert doctor.numbers("2.13.0+cpu") == (2, 13, 0) > doctor.numbers("2.4") and doctor.numbers("4.11.0.86") < (5,)


def test_large_models(tmp_path, monkeypatch):
    from backend.models import store
    from backend.models.profiles import PROFILES

    monkeypatch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(tmp_path))
    assert list(doctor.large_models()) == []  # nobody asked for any
    profile = PROFILES["sd15"]
    file = tmp_path / "weights"
    file.write_bytes(b"1")
    part = store.StoredPart(str(tmp_path), "f" * 40, "mit", files={"weights": store.digest(file)})
    lock = {one.name: part for one in profile.parts}
    store.write_lock(profile, lock)
    (found,) = doctor.large_models()
    assert found.state == doctor.OK and found.found.startswith("here; on the")
    store.write_lock(profile, {"base": part})
    (found,) = doctor.large_models()
    assert found.state == doctor.NOTE and "canny" in found.found and "models download sd15" in found.mend
    store.lock_path(profile).write_text("[")
    assert next(doctor.large_models()).found == "damaged"
