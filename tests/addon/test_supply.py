"""Where the set-up's packages come from: the index that the preferences name, and the very ones of the list."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from .tiny_home import torch_of
from .tiny_index import TinyIndex, make_wheel


class TestSupply:
    """Packages come from the index that the preferences name, and are the very ones of the list."""

    @pytest.fixture
    def listed(self, lock, wheels, tmp_path) -> Path:
        """The lock with the checksums of the wheels."""
        own = tmp_path / "listed" / "requirements.txt"
        own.parent.mkdir()
        shutil.copy(lock, own)
        own.with_suffix(".sha256").write_text(
            "".join(
                f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel.name}\n" for wheel in wheels.glob("*.whl")
            )
        )
        return own

    @pytest.fixture
    def evil(self, index) -> Path:
        """The index gives out another torch of the same name, which tells that it was imported."""
        wheel = make_wheel(index.folder, "torch", "0.1", "torch", body="open('/tmp/never', 'w')\n")
        return wheel

    def test_a_malicious_index_installs_nothing(self, unfinished, run, listed, index, evil):
        error = run(listed).error
        assert "torch-0.1-py3-none-any.whl is not the one" in error.message
        assert not list(run.home.downloads.glob("*.whl")) and not list(run.home.environment.glob("**/torch.py"))

    def test_nor_does_a_folder_that_was_changed(self, unfinished, run, listed, index, evil, tmp_path):
        error = run(listed, index.folder).error
        assert "is not the one" in error.message and not list(run.home.environment.glob("**/torch.py"))

    def test_nor_a_package_that_is_not_listed(self, unfinished, run, listed, wheels, tmp_path):
        shutil.copytree(wheels, tmp_path / "more")
        (tmp_path / "more" / "torch-0.1-py3-none-any.whl").rename(tmp_path / "more" / "torch-0.1-1-py3-none-any.whl")
        assert "is none that AvatarTex knows" in run(listed, tmp_path / "more").error.message

    def test_the_listed_ones_are_installed(self, unfinished, run, listed, index):
        assert run(listed).error is None and torch_of(run) == "0.1"

    def test_no_variable_and_no_file_of_pips_sends_it_elsewhere(
        self, unfinished, run, lock, index, tmp_path, monkeypatch
    ):
        other = TinyIndex(tmp_path / "other")
        make_wheel(other.folder, "torch", "0.1", "torch")
        settings = f"[global]\nindex-url = {other.url}\nextra-index-url = {other.url}\nfind-links = {other.folder}\n"
        for folder in (tmp_path / "config" / "pip", tmp_path / "user" / ".pip", tmp_path / "user" / ".config" / "pip"):
            folder.mkdir(parents=True)
            (folder / "pip.conf").write_text(settings)
        for name, value in {
            "PIP_INDEX_URL": other.url,
            "PIP_EXTRA_INDEX_URL": other.url,
            "PIP_FIND_LINKS": str(other.folder),
            "PIP_CONFIG_FILE": str(tmp_path / "config" / "pip" / "pip.conf"),
            "HOME": str(tmp_path / "user"),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "PIP_REQUIREMENT": "/nowhere",
            "PIP_TARGET": str(tmp_path / "t"),
        }.items():
            monkeypatch.setenv(name, value)
        assert run(lock).error is None
        assert not other.visits and "torch-0.1-py3-none-any.whl" in index.asked
        other.close()

    def test_no_source_package_is_built(self, addon, lock, tmp_path):
        """Its setup.py would run."""
        packages = addon("core.packages")
        for words in (
            packages.download_words("python", [("torch", "0.1")], tmp_path, "cpu", False),
            packages.install_words("python", lock, tmp_path),
            packages.update_words("python", tmp_path),
        ):
            assert words[words.index("--only-binary") + 1] == ":all:"
            assert ("--index-url" in words) != ("--no-index" in words)

    def test_only_the_preferences_name_an_index(self, addon):
        preferences = addon("preferences")
        for given, taken in (
            (" https://mirror/simple ", "https://mirror/simple"),
            ("http://mirror/simple", ""),
            ("--extra-index-url=x", ""),
            ("", ""),
        ):
            preferences.preferences().index = given
            assert preferences.package_index() == taken
        preferences.preferences().index = ""

    def test_the_lock_that_ships_lists_every_package(self, addon):
        packages, requirements = addon("core.packages"), addon("preferences").REQUIREMENTS
        names = (name.split("-") for name in packages.hashes_of(requirements))
        listed = {f"{packages.canonical(name)}=={version.split('+')[0]}" for name, version, *_ in names}
        more = packages.read_lock(requirements.with_name("requirements-cuda.txt"))
        pins = {f"{packages.canonical(name)}=={version}" for name, version in packages.read_lock(requirements) + more}
        assert pins | {f"pip=={packages_pip()}"} <= listed and len(more) > 10


def packages_pip() -> str:
    """The shipped one; the tests of this module use another."""
    source = Path(__file__).parents[2] / "avatartex_addon" / "core" / "packages.py"
    return next(line.split('"')[1] for line in source.read_text().splitlines() if line.startswith("PIP ="))
