"""The developers' tools agree: hooks, locks, checksums and what Dependabot looks at."""

from __future__ import annotations

import re

import yaml

import build


def test_hooks_have_the_versions_of_the_lock():
    """pre-commit installs them by itself, so a commit could be checked by another ruff than the tests'."""
    config = yaml.safe_load((build.ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    pins = {pin for hook in hooks for pin in hook["additional_dependencies"]}
    lock = dict(pin.split("==") for pin in re.findall(r"^[\w-]+==[\w.]+", build.LOCKS[2].read_text(), re.MULTILINE))
    assert all("==" in pin for pin in pins)
    assert {name: lock[name] for name in ("ruff", "mypy")}.items() <= {tuple(pin.split("==")) for pin in pins}
    assert len(pins) == 3  # one version of each


def test_dependabot_looks_at_every_lock():
    config = yaml.safe_load((build.ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))
    folders = {entry["package-ecosystem"]: entry for entry in config["updates"]}
    assert {"pip", "github-actions"} == set(folders)
    wanted = {"/" + lock.parent.relative_to(build.ROOT).as_posix().removeprefix(".") for lock in build.LOCKS}
    assert set(folders["pip"]["directories"]) == wanted


def test_every_pin_has_its_checksum():
    """The set-up installs no wheel that it does not know, so a new version without its checksums installs nowhere."""
    locks = build.load_locks()
    lines = build.LOCKS[1].with_suffix(".sha256").read_text(encoding="ascii").splitlines()
    known = {
        (locks.canonical(name), version) for name, version, *_ in (line.split("  ")[1].split("-") for line in lines)
    }
    pins = {(locks.canonical(name), version) for lock in build.LOCKS[:2] for name, version in locks.read_lock(lock)}
    assert len(pins) > 30 and pins - known == set()
