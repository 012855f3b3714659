"""python -m backend evaluate detail: what fine detail on unseen skin is worth, beside the skin's own.

The benchmark's portraits, composed with no detail, with the collage of the seen skin, with the tile denoiser, with
both, and with the denoiser on parts of the face alone; unrolled (head/unrolled.py) beside the truth at 256
pixels per face height, which all skins hold. Distances are features.perceptual_distance() over texels that the true
camera does not see and that are neither scalp nor clothes, PSNR is over the same.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from ..head.atlas import to_atlas
from ..head.landmarks import find_head_landmarks
from ..head.mesh import load_mesh, vertex_normals
from ..head.unrolled import unrolled
from ..models.bundle import load_detailer
from ..pipeline import complete, load_cached_networks, prepare
from ..texhub.build import SOURCES
from ..texhub.skins import clothes
from ..texhub.sources import Sources
from ..texture.compose import compose
from ..texture.detail import find_details
from ..texture.files import write_picture
from ..texture.observe import scalp_share
from ..texture.placed import Placed, parts
from ..texture.sample import sample
from .cases import HEADS, SHOTS, cases, load_truth_texture
from .features import SIZE, perceptual_distance
from .options import write
from .truth import TruthCase, render_truth, seen_texels

DENSITY = 256
#: Share of a window's pixels that count, or it is left out.
LEAST = 0.05
FACING = 0.35


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend evaluate detail", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of heads and skins, laid out as shared/data")
    parser.add_argument("--build", type=Path, help="a fold's TexHub build: its skins, not the held-out ones")
    parser.add_argument("--size", type=int, default=1024, help="texels (default 1024)")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--pictures", type=Path, help="folder for the unrolled heads")
    parser.add_argument("--output", type=Path, help="also write all values here (JSON)")
    arguments = parser.parse_args(argv)
    chosen = fold_cases(arguments.data, arguments.build) if arguments.build else cases(arguments.data)
    rows = {}
    for case in chosen:
        if arguments.only in case.name and case.light != "cel":  # drawn portraits get none of the denoiser's
            rows[case.name] = measure(case, arguments)
            told = (f"{name} {apart:.3f} {psnr:.2f}" for name, (apart, psnr) in rows[case.name].items())
            print(case.name, "  ".join(told), flush=True)
    print("\n| detail | perceptual distance | beside none | PSNR, dB | beside none |\n|---|---|---|---|---|")
    values = np.array([list(row.values()) for row in rows.values()])
    for number, name in enumerate(next(iter(rows.values()))):
        cells = []
        for kind, digits in ((0, 4), (1, 2)):
            own, apart = values[:, number, kind], values[:, number, kind] - values[:, 0, kind]
            error = apart.std(ddof=1) / np.sqrt(len(apart)) if len(apart) > 1 else 0
            cells += [f"{own.mean():.{digits}f}", f"{apart.mean():+.{digits}f} ± {error:.{digits}f}"]
        print(f"| {name} | " + " | ".join(cells) + " |")
    write(arguments.output, rows)
    return 0


def fold_cases(data: Path, build: Path) -> list[TruthCase]:
    """The photographs of a fold, in heads, cameras and lights taken in turn."""
    shots = [shot for shot in SHOTS if shot[2] != "cel"]
    found = []
    for i, name in enumerate(Sources.load(build / SOURCES).names):
        kind, stem = name.split("/")
        yaw, pitch, light, source = shots[i % len(shots)]
        head = HEADS[kind][i % len(HEADS[kind])]
        found.append(TruthCase(
            f"{stem}_{yaw:+d}", kind, str(data / kind / "heads" / f"{head}.obj"),
            str(data / kind / "skins" / f"{stem}.jpg"), yaw, pitch, light, source, (0.5, 0.5, 0.5),
        ))
    return found


def measure(case: TruthCase, arguments: argparse.Namespace) -> dict[str, tuple[float, float]]:
    """name -> (perceptual distance, PSNR in dB)."""
    networks, detailer = load_cached_networks("cpu"), load_detailer()
    mesh = load_mesh(case.head)
    head = find_head_landmarks(mesh)
    portrait = render_truth(mesh, head, load_truth_texture(case), case)
    with tempfile.TemporaryDirectory() as folder:
        write_picture(Path(folder) / "portrait.png", portrait.color)
        job = prepare(mesh, str(Path(folder) / "portrait.png"), "photo", networks)
    generated = complete(job.observation, job.style, networks, 0)
    details = find_details(job, generated, arguments.size, "keep", 0, detailer)
    surface = unrolled(mesh, job.canonical, DENSITY)
    points, normals = surface.at(mesh.vertices), surface.at(vertex_normals(mesh))
    seen = seen_texels(mesh, portrait, points.reshape(-1, 3), normals.reshape(-1, 3), head.height)
    atlas = to_atlas(surface.place)
    counted = (surface.facing > FACING) & ~seen.reshape(surface.facing.shape) & (scalp_share(surface.place) < 0.5)
    counted &= ~clothes(case.kind, atlas[..., 0], atlas[..., 1])
    counted = counted.astype(np.float32)

    def laid(texture: np.ndarray) -> np.ndarray:
        uv = surface.fragments.interpolate(mesh.corner_uvs)
        while len(texture) > 2 * arguments.size:
            texture = cv2.resize(texture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        return sample(texture, np.stack([uv[..., 0], 1 - uv[..., 1]], -1) * len(texture))

    truth = laid(portrait.texture)
    results = {}
    for name, some in variants(details).items():
        made = laid(compose(
            mesh, job.canonical, job.registration, job.observation, generated, arguments.size, inside=job.inside,
            details=some,
        ).texture)
        if arguments.pictures:
            write_picture(arguments.pictures / case.name / f"{name}.png", made)
        error = ((made - truth) ** 2).mean(2)
        results[name] = distance(made, truth, counted), float(-10 * np.log10((error * counted).sum() / counted.sum()))
    # the whole face made anew, as Fill With Generated does, over lips, lids, brows, nostrils and ears
    features = ((parts(surface.place, job.observation.wears_hair) > 0.5) & (surface.facing > FACING)).astype(np.float32)
    made_anew = find_details(job, generated, arguments.size, "keep", 0, detailer, made_up=True)
    collage = without(made_anew)
    for name, some in (("anew, collage", collage), ("anew, collage, denoiser on parts", made_anew)):
        made = laid(compose(
            mesh, job.canonical, job.registration, job.observation, generated, arguments.size, inside=job.inside,
            made_up=True, details=some,
        ).texture)
        if arguments.pictures:
            write_picture(arguments.pictures / case.name / f"{name}.png", made)
        error = ((made - truth) ** 2).mean(2)
        psnr = float(-10 * np.log10((error * features).sum() / features.sum()))
        results[name] = distance(made, truth, features), psnr
    if arguments.pictures:
        write_picture(arguments.pictures / case.name / "truth.png", truth)
        write_picture(arguments.pictures / case.name / "counted.png", np.repeat(counted[..., None], 3, 2))
    return results


def variants(details: list) -> dict[str, list]:
    """Names and what is laid onto the head."""
    collage = without(details)
    placed = [one for one in details if isinstance(one, Placed)]
    everywhere = [replace(one, skin=1.0) for one in placed]
    return {
        "none": [], "collage": collage, "denoiser": everywhere,
        "both": [*everywhere, *(replace(one, placed=everywhere[0]) if one.placed else one for one in filled(details))],
        "collage, denoiser on parts": details,
    }


def filled(details: list) -> list:
    """The collages, as they fill up what is placed."""
    return [one for one in details if not isinstance(one, Placed)]


def without(details: list) -> list:
    """The collages by themselves."""
    return [replace(one, placed=None) for one in filled(details)]


def distance(made: np.ndarray, truth: np.ndarray, counted: np.ndarray) -> float:
    """Mean over windows of the feature network's own size, weighted by what counts in them."""
    pairs, weights = [], []
    for row in range(0, made.shape[0] - SIZE + 1, (made.shape[0] - SIZE) // 2):
        for column in range(0, made.shape[1] - SIZE + 1, SIZE // 2):
            spot = slice(row, row + SIZE), slice(column, column + SIZE)
            if counted[spot].mean() > LEAST:
                pairs.append((made[spot], truth[spot], counted[spot][..., None]))
                weights.append(counted[spot].mean())
    a, b, mask = (torch.from_numpy(np.stack(parts)).permute(0, 3, 1, 2).float() for parts in zip(*pairs, strict=True))
    with torch.no_grad():
        apart = perceptual_distance(a.clamp(0, 1), b, mask).numpy()
    return float(np.average(apart, weights=weights))
