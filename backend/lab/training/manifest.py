"""python -m backend.lab manifest: write the checksums of the weights beside them, keeping licence and source."""

from __future__ import annotations

import hashlib
import json

from ...verified import MANIFEST, WEIGHTS

OURS = {"licence": "GPL-3.0-or-later", "source": "trained by this project, see MODEL_CARD.md"}


def write_manifest() -> dict[str, dict]:
    path = WEIGHTS / MANIFEST
    known = json.loads(path.read_text()) if path.is_file() else {}
    entries = {}
    for file in sorted(WEIGHTS.iterdir()):
        if file.name == MANIFEST or file.name.startswith("."):
            continue
        data = file.read_bytes()
        facts = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        entries[file.name] = {**OURS, **known.get(file.name, {}), **facts}
    path.write_text(json.dumps(entries, indent=1) + "\n")
    return entries


def main(argv: list[str] | None = None) -> int:
    for name, entry in write_manifest().items():
        print(f"{entry['sha256'][:12]}  {entry['bytes']:>9}  {name}")
    return 0
