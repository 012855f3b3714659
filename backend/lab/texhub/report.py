"""What a build holds: counts per style, face and tone, ITA, bytes and seconds; and a contact sheet."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from ...imaging.files import write_bytes
from .pigments import TONES
from .render import encoded
from .shards import Shard, index_path, read_shard
from .style_sheet import titled

#: Textures on the contact sheet, columns of them, and texels of each picture.
SHOWN, COLUMNS, TILE = 40, 4, 128
#: Degrees per column of the ITA distribution.
BIN = 10


def report(folder: Path, shards: list[Shard]) -> dict:
    """Write statistics.json and contact_sheet.png; the statistics, with the text that sums them up."""
    indices = [json.loads(index_path(folder, shard.name).read_text(encoding="utf-8")) for shard in shards]
    lines = [line for index in indices for line in index["textures"]]
    angles = np.array([line["ita"] for line in lines])
    counts, edges = np.histogram(angles, np.arange(-90, 91, BIN))
    seconds = sum(index["seconds"] for index in indices)
    statistics = {
        "textures": len(lines),
        "sides": dict(Counter(line["side"] for line in lines)),
        "styles": dict(Counter(line["style"] for line in lines).most_common()),
        "tones": {name: sum(line["tone"] == name for line in lines) for name, _ in TONES},
        "faces": dict(Counter(face for line in lines for face in line["faces"]).most_common()),
        "faces_per_texture": round(float(np.mean([len(line["faces"]) for line in lines])), 2),
        "ita": {f"{low:.0f}": int(count) for low, count in zip(edges, counts) if count},
        "ita_mean": round(float(angles.mean()), 1),
        "ita_deviation": round(float(angles.std()), 1),
        "shards": len(shards),
        "bytes": sum(index["bytes"] for index in indices),
        "core_seconds": round(seconds, 1),
        "core_seconds_per_texture": round(seconds / max(len(lines), 1), 4),
        "peak_mb_per_worker": max(index["peak_mb"] for index in indices),
    }
    write_bytes(folder / "contact_sheet.png", encoded(".png", contact_sheet(folder, shards)[..., ::-1], []))
    write_bytes(folder / "statistics.json", json.dumps(statistics, indent=1).encode())
    return {**statistics, "text": in_words(statistics)}


def in_words(s: dict) -> str:
    def listed(counts: dict) -> str:
        return ", ".join(f"{name} {count}" for name, count in counts.items())

    return "\n".join(
        [
            f"{s['textures']} textures in {s['shards']} shards, {s['bytes'] / 1e6:.0f} MB; "
            f"{s['core_seconds_per_texture']:.3f} core-seconds each, up to {s['peak_mb_per_worker']:.0f} MB a worker",
            f"sides: {listed(s['sides'])}; {len(s['faces'])} faces, {s['faces_per_texture']} per texture",
            f"styles: {listed(s['styles'])}",
            f"tones by ITA ({s['ita_mean']} ± {s['ita_deviation']} degrees): {listed(s['tones'])}",
        ]
    )


def contact_sheet(folder: Path, shards: list[Shard]) -> np.ndarray:
    """(H,W,3) uint8: of textures spread over the build the unlit, a lit one, and what a view leaves of it."""
    total = sum(shard.count for shard in shards)
    wanted = {f"{index:06d}" for index in np.linspace(0, total - 1, min(SHOWN, total)).round().astype(int)}
    tiles = [
        shown(key, files)
        for shard in shards
        if wanted & {f"{index:06d}" for index in range(shard.first, shard.first + shard.count)}
        for key, files in read_shard(folder / shard.name)
        if key in wanted
    ]
    while len(tiles) % COLUMNS:
        tiles.append(np.zeros_like(tiles[0]))
    return np.concatenate([np.concatenate(tiles[i : i + COLUMNS], 1) for i in range(0, len(tiles), COLUMNS)], 0)


def shown(key: str, files: dict[str, bytes]) -> np.ndarray:
    """One texture's strip of three pictures."""
    about = json.loads(files["json"])
    unlit, lit, mask = (
        cv2.resize(decoded(files[name]), (TILE, TILE), interpolation=cv2.INTER_AREA)
        for name in ("unlit.png", "lit0.jpg", "mask0.png")
    )
    left = np.rint(lit * (0.12 + 0.88 * mask[..., None] / 255)).astype(np.uint8)
    title = f"{key} {about['recipe']['style']['name']}, ITA {about['measured']['ita']:.0f}"
    return titled(np.concatenate([unlit, lit, left], 1), title)


def decoded(data: bytes) -> np.ndarray:
    """(H,W,3) RGB or (H,W) uint8."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return picture[..., ::-1] if picture.ndim == 3 else picture
