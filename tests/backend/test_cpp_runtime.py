"""Windows's C++ runtime, simulated: an old file is named with its version and folder, and there is one cure."""

from __future__ import annotations

import struct
import sys
from itertools import islice
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace

import pytest

from backend import cpp_runtime, doctor
from backend.errors import ErrorCode, explain

FAILED = "DLL load failed while importing onnxruntime_pybind11_state: A DLL initialization routine failed."


def library(folder: Path, *version: int) -> Path:
    """A file as long as a library's head, with the resource that Windows reads its version from."""
    path = folder / cpp_runtime.NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    a, b, c, d = version
    info = struct.pack("<IIII", 0xFEEF04BD, 0x10000, a << 16 | b, c << 16 | d)
    path.write_bytes(b"MZ" + bytes(300) + info + bytes(40))
    return path


@pytest.fixture
def windows(monkeypatch):
    """Call with the file that a process gets: this is Windows then."""

    def choose(path: Path | None) -> None:
        monkeypatch.setattr(sys, "platform", "win32")
        monkeypatch.setattr(cpp_runtime, "loaded", lambda: path)

    return choose


def test_an_old_file_of_another_program_is_named(tmp_path, windows):
    path = library(tmp_path / "Old Program", 14, 29, 30133, 0)
    windows(path)
    found = doctor.windows_runtime()
    folder = str(PureWindowsPath(path.parent))
    assert found.state == doctor.BROKEN and "14.29.30133.0" in found.found and folder in found.found
    assert f"take {folder} out of the variable PATH" in found.mend and found.wanted == "14.38 or later"


def test_windows_own_is_renewed_by_microsofts_installer(tmp_path, windows):
    windows(library(tmp_path / "Windows" / "System32", 14, 16, 27033, 0))
    assert cpp_runtime.REDISTRIBUTABLE in doctor.windows_runtime().mend


def test_none_is_installed(windows):
    windows(None)
    found = doctor.windows_runtime()
    assert found.state == doctor.BROKEN and "missing" in found.found and cpp_runtime.REDISTRIBUTABLE in found.mend


@pytest.mark.parametrize("version", [(14, 38, 33130, 0), (14, 44, 0, 0), (15, 0, 0, 0)])
def test_one_that_is_new_enough_is_well(tmp_path, windows, version):
    windows(library(tmp_path, *version))
    assert doctor.windows_runtime().state == doctor.OK
    assert explain(ImportError(FAILED)).cure == "Set up the backend again."


def test_a_file_without_a_version_is_not_accused(tmp_path, windows):
    path = tmp_path / cpp_runtime.NAME
    path.write_bytes(b"MZ")
    windows(path)
    assert cpp_runtime.file_version(tmp_path / "none.dll") is None
    assert doctor.windows_runtime().state == doctor.OK


def test_a_job_that_fails_of_it_says_the_same(tmp_path, windows):
    path = library(tmp_path / "Old", 14, 29, 30133, 0)
    windows(path)
    refusal = explain(ImportError(FAILED))
    assert refusal.code == ErrorCode.BACKEND_MISSING and "14.29.30133.0" in refusal.cure and "PATH" in refusal.cure
    assert "14.29" not in explain(ModuleNotFoundError("No module named 'onnxruntime'")).cure


def test_it_comes_before_the_packages(windows):
    windows(None)
    order = [found.what for found in islice(doctor.findings(), 3)]
    assert order == ["Python", "C++ runtime", "numpy"]


def test_the_process_is_asked_for_the_file_that_it_has(tmp_path):
    def file_name(handle, buffer, size):
        assert handle == 7 and size == len(buffer)
        buffer.value = str(tmp_path / "msvcp140.dll")
        return len(buffer.value)

    def load(name):
        return 7 if name == "msvcp140.dll" else 0

    load.restype = None
    file_name.argtypes = ()
    kernel = SimpleNamespace(LoadLibraryW=load, GetModuleFileNameW=file_name)
    assert cpp_runtime.loaded(kernel) == tmp_path / "msvcp140.dll"
    kernel.LoadLibraryW = lambda name: 0
    assert cpp_runtime.loaded(kernel) is None
