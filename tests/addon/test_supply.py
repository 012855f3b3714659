"""Where the set-up's packages come from: the index that the preferences name, and the very ones of the list."""

from __future__ import annotations

import contextlib
import ensurepip
import hashlib
import re
import shutil
import ssl
import subprocess
import sys
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

    @pytest.mark.parametrize(
        ("system", "build", "words"),
        [
            ("win32", "cuda", ""),
            ("win32", "cpu", "choose CUDA"),
            ("win32", "auto", "choose CUDA"),
            ("linux", "cuda", "public package index"),
        ],
    )
    def test_a_build_without_a_checksum_is_the_artists_choice(
        self, addon, tmp_path, monkeypatch, listed, system, build, words
    ):
        """PyTorch's for CUDA on Windows; nothing else, and on no other system."""
        packages, error = addon("core.packages"), addon("backend.errors").AvatarTexError
        monkeypatch.setattr(sys, "platform", system)
        wheel, hashes = tmp_path / "torch-2.13.0+cu130-cp311-cp311-win_amd64.whl", packages.hashes_of(listed)
        wheel.write_bytes(b"wheel")
        with pytest.raises(error, match=re.escape(wheel.name)) if words else contextlib.nullcontext() as refusal:
            packages.refuse_changed(wheel, hashes, build)
        assert not words or words in refusal.value.cure
        with pytest.raises(error, match="is not the one"):  # once the list has it
            packages.refuse_changed(wheel, hashes | {wheel.name: "0" * 64}, build)
        other = wheel.rename(tmp_path / "torchvision-2.13.0+cu130-cp311-cp311-win_amd64.whl")
        with pytest.raises(error, match="none that AvatarTex knows"):
            packages.refuse_changed(other, hashes, build)

    def test_on_windows_a_graphics_card_alone_does_not_choose_it(self, addon, monkeypatch, listed):
        graphics, driver = addon("core.packages"), addon("core.packages").LEAST_DRIVER
        shipped = addon("preferences").REQUIREMENTS
        for system, found in (("linux", "cuda"), ("win32", "cpu")):
            monkeypatch.setattr(sys, "platform", system)
            assert graphics.decide_build(graphics.Plan(shipped, choice="auto"), driver) == found
            assert graphics.decide_build(graphics.Plan(shipped, choice="cuda"), driver) == "cuda"
        with listed.with_suffix(".sha256").open("a") as file:
            file.write("0" * 64 + "  torch-2.13.0+cu130-cp311-cp311-win_amd64.whl\n")
        assert graphics.decide_build(graphics.Plan(listed, choice="auto"), driver) == "cuda"

    @pytest.mark.parametrize(("machine", "found"), [("x86_64", "cpu"), ("aarch64", "cuda"), ("riscv64", "cpu")])
    def test_what_has_a_checksum_is_decided_on(self, addon, monkeypatch, machine, found):
        monkeypatch.setattr("sys.platform", "linux")
        monkeypatch.setattr("platform.machine", lambda: machine)
        monkeypatch.setattr("sys.version_info", (3, 11, 0))
        graphics, shipped = addon("core.packages"), addon("preferences").REQUIREMENTS
        assert (
            graphics.decide_build(graphics.Plan(shipped, choice="auto", large=True), 0)
            == graphics.decide_build(graphics.Plan(shipped, choice="cpu", large=True), 0)
            == found
        )
        assert graphics.decide_build(graphics.Plan(shipped), 0) == "cpu"  # torch alone has no other on ARM

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
            packages.install_words("python", packages.read_pins(lock, "cpu"), tmp_path),
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

    @pytest.mark.parametrize("python", [(3, 11), (3, 12), (3, 13)])
    def test_the_lock_that_ships_lists_every_package(self, addon, python):
        packages, locks = addon("core.packages"), addon("core.lock")
        requirements, target = addon("preferences").REQUIREMENTS, locks.this_computer(python)
        names = (name.split("-") for name in packages.hashes_of(requirements) if locks.suits(name, target))
        listed = {f"{locks.canonical(name)}=={version.split('+')[0]}" for name, version, *_ in names}
        more = locks.read_beside(requirements, "large-cuda")
        every = [pin for build in ("cpu", "cuda") for pin in packages.read_pins(requirements, build, True, python)]
        pins = {f"{locks.canonical(name)}=={version}" for name, version in every}
        assert pins | {f"pip=={packages_pip()}"} <= listed and len(more) > 10

    def test_a_backend_without_large_models_needs_none_of_their_packages(self, addon, monkeypatch):
        packages, requirements = addon("core.packages"), addon("preferences").REQUIREMENTS
        monkeypatch.setattr("platform.machine", lambda: "x86_64")
        large = {"torch", "triton", "diffusers", "huggingface-hub", "sympy", "networkx"}
        for build in ("cpu", "cuda"):
            assert not large & dict(packages.read_pins(requirements, build)).keys()
            assert large - {"triton"} <= dict(packages.read_pins(requirements, build, large=True)).keys()

    def test_cuda_takes_the_runtime_for_it_where_there_is_one(self, addon, monkeypatch):
        packages, requirements = addon("core.packages"), addon("preferences").REQUIREMENTS
        plain = dict(packages.read_pins(requirements, "cpu"))
        for system, machine, build, taken in (
            ("linux", "x86_64", "cuda", "onnxruntime-gpu"),
            ("win32", "AMD64", "cuda", "onnxruntime-gpu"),
            ("linux", "aarch64", "cuda", "onnxruntime"),
            ("linux", "x86_64", "cpu", "onnxruntime"),
        ):
            monkeypatch.setattr(packages.sys, "platform", system)
            monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
            pins = dict(packages.read_pins(requirements, build))
            assert [name for name in pins if name.startswith("onnxruntime")] == [taken]
            assert pins[taken] == plain["onnxruntime"]
            assert ("nvidia-cublas" in pins) == (taken == "onnxruntime-gpu")
            whole = packages.read_pins(requirements, build, large=True)
            assert set(pins.items()) <= set(whole) and len(whole) == len(dict(whole))
            assert ("triton" in dict(whole)) == (system == "linux" and build == "cuda")


class TestWalls:
    """Networks that let nothing out, or only past a company's own certificate."""

    @pytest.fixture(params=["closed", 403, 407, 503])
    def blocked(self, request, index):
        """An index behind a wall; its host."""
        if request.param == "closed":
            index.close()
        else:
            handler = index.server.RequestHandlerClass
            handler.do_GET = handler.do_HEAD = lambda asked: asked.send_error(request.param)
        return index.url.split("/")[2]

    def test_the_host_that_lets_nothing_through_is_named_first(self, unfinished, run, lock, index, blocked):
        """As from the moment when online access is ticked: no check came before."""
        error = run(lock).error
        assert error.message.startswith(f"{blocked} does not ") and "firewall" in error.cure
        assert not index.asked and not list(run.home.downloads.glob("*.whl"))

    def test_a_wall_in_the_middle_is_named_too(self, unfinished, run, lock, index, addon, monkeypatch):
        fetching = addon("core.fetch")
        monkeypatch.setattr(fetching, "update_pip", lambda *_: index.close())
        assert run(lock).error.message == f"{index.url.split('/')[2]} does not answer."

    @pytest.fixture
    def company(self, index, tmp_path, monkeypatch):
        """The index shows a certificate that only the system trusts."""
        words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
        words += " -addext keyUsage=critical,digitalSignature,keyCertSign"  # Python 3.13 asks for it
        key, shown = tmp_path / "key.pem", tmp_path / "shown.pem"
        openssl = shutil.which("openssl") or pytest.skip("openssl is missing")
        subprocess.run([openssl, *words.split(), "-keyout", key, "-out", shown], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(shown, key)
        index.server.socket = context.wrap_socket(index.server.socket, server_side=True)
        index.url = index.url.replace("http://127.0.0.1", "https://localhost")  # pip 24.2 takes names only
        monkeypatch.setenv("SSL_CERT_FILE", str(shown))
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"):
            monkeypatch.delenv(name, raising=False)
        return index

    def test_pip_takes_a_certificate_of_the_systems(self, unfinished, company, addon, tmp_path, monkeypatch):
        """With one that knows its own list alone, as the first one of an environment does up to Python 3.12."""
        hosts, packages = addon("core.hosts"), addon("core.packages")
        assert hosts.find_silence(f"{company.url}/pip/") == ""
        python, codes = str(unfinished / "bin" / "python"), []
        for certificates in (None, hosts.find_certificates(tmp_path)):
            words = packages.download_words(
                python, [("numpy", "0.1")], tmp_path / "got", "cpu", False, company.url, certificates
            )
            codes.append(subprocess.run(words, capture_output=True).returncode == 0)
        asks_the_system = tuple(map(int, ensurepip.version().split(".")[:2])) >= (24, 2)
        assert codes == [asks_the_system, True] and list((tmp_path / "got").glob("numpy*.whl"))

    def test_it_is_asked_for_again_with_the_systems_certificates(self, addon, tmp_path, monkeypatch):
        fetching, error = addon("core.fetch"), addon("backend.errors").AvatarTexError
        asked = []

        class Refused(addon("core.work").Work):
            def call(self, command, *_):
                asked.append("--cert" in command)
                raise error(addon("backend.errors").ErrorCode.BACKEND_MISSING, "No.", "")

        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ours.pem"))
        (tmp_path / "ours.pem").touch()
        work = Refused(addon("core.log").BackendLog(tmp_path / "log"))
        assert not fetching.update_pip(work, str(tmp_path / "bin" / "python"), {}) and asked == [False, True]


def packages_pip() -> str:
    """The shipped one; the tests of this module use another."""
    source = Path(__file__).parents[2] / "avatartex_addon" / "core" / "packages.py"
    return next(line.split('"')[1] for line in source.read_text().splitlines() if line.startswith("PIP ="))
