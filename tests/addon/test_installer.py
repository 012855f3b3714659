"""Set Up Backend, as far as it goes without downloading a gigabyte."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def install(addon, tmp_path):
    def run(requirements: str | None, python: str = sys.executable, cancel: bool = False):
        lock = tmp_path / "requirements.txt"
        if requirements is not None:
            lock.write_text(requirements)
        log = addon("core.log").BackendLog(tmp_path / "setup.log")
        installer = addon("core.installer").Installer(tmp_path / "environment", lock, python, log)
        if cancel:
            installer.cancel()
        installer.start()
        installer.join()
        return installer
    return run


def test_an_environment_that_does_not_work_is_not_used(install, addon, tmp_path, monkeypatch):
    """Without packages the check fails: told, and the environment stays unmarked."""
    monkeypatch.delenv("AVATARTEX_BACKEND_PYTHON", raising=False)
    installer = install("# nothing\n")
    assert installer.done and "do not work together" in installer.error.message
    assert addon("core.command").environment_python(tmp_path / "environment").is_file()
    assert addon("core.command").choose_python("", tmp_path / "environment") == ""


def test_a_package_that_does_not_exist_is_named(install):
    installer = install("./no-such-folder-of-a-package\n")
    assert "could not be installed" in installer.error.message and "no-such-folder" in installer.error.message


def test_without_a_lock_file(install):
    assert "no list of packages" in install(None).error.message


def test_without_a_python(install, addon, monkeypatch):
    monkeypatch.setattr(addon("core.installer"), "CANDIDATES", ())
    error = install("", python="").error
    assert error.code == "backend-missing" and "python.org" in error.cure


def test_cancelled(install):
    assert install("", cancel=True).error.code == "cancelled"
