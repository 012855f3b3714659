"""Everything that a release publishes: python docs/release.py vX.Y.Z [--output DIR] [--cases DIR]

The small zip and one with everything for each platform, SHA256SUMS of them all, and NOTES.md, the changelog's section
of that version; with --cases also the benchmark's cases, which need data that CI has not.
.github/workflows/release.yml runs it for a tag. Needs Linux or macOS, and the package index.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import build  # noqa: E402  # from the checkout


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tag", help="vX.Y.Z, of the version that the manifest has")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", metavar="DIR")
    parser.add_argument("--cases", type=Path, metavar="DIR", help="of the benchmark, with their LICENCES")
    arguments = parser.parse_args(argv)
    manifest = (ROOT / "blender_manifest.toml").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    try:
        told = notes(changelog, check_tag(arguments.tag, manifest))
        cases = [zip_cases(arguments.cases, arguments.output)] if arguments.cases else []
        built = [*(build.package(arguments.output, platform) for platform in (None, *build.PLATFORMS)), *cases]
    except build.BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    (arguments.output / "SHA256SUMS").write_text(checksums(built), encoding="ascii")
    (arguments.output / "NOTES.md").write_text(told, encoding="utf-8")
    return 0


def check_tag(tag: str, manifest: str) -> str:
    """The version X.Y.Z.

    Raises:
        build.BuildError: the tag is another version's than the manifest's text.
    """
    version = re.search(r'^version = "(.+)"', manifest, re.MULTILINE)[1]
    if tag != f"v{version}":
        raise build.BuildError(f"The tag is {tag} and the manifest's version is {version}. A tag is v and the version.")
    return version


def notes(changelog: str, version: str) -> str:
    """The section of a version, without its heading.

    Raises:
        build.BuildError: there is none, or nothing in it.
    """
    found = re.search(rf"^## \[?{re.escape(version)}(?![\w.]).*\n(?s:(.*?))(?=^## |\Z)", changelog, re.MULTILINE)
    if not found or not found[1].strip():
        raise build.BuildError(f"CHANGELOG.md says nothing of {version}. Move what is unreleased below its heading.")
    return found[1].strip() + "\n"


def zip_cases(folder: Path, output: Path) -> Path:
    """The benchmark's cases as one zip.

    Raises:
        build.BuildError: they have no licences, or ones that nobody knows.
    """
    licences = folder / "LICENCES"
    if not licences.is_file() or "Not known" in licences.read_text(encoding="utf-8"):
        raise build.BuildError(f"{folder} does not say under which licences its cases may be passed on.")
    output.mkdir(parents=True, exist_ok=True)
    path = output / "avatartex-benchmark-cases.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(file, file.relative_to(folder))
    return path


def checksums(files: Iterable[Path]) -> str:
    """Lines as sha256sum --check reads them."""
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


if __name__ == "__main__":
    raise SystemExit(main())
