"""python -m backend.lab benchmark: known truth, baselines with the same registration, one table.

Every case is a rendered portrait of a head whose texture is known. All methods see the same registration and the
same observed texels; they differ in what they make of the rest. PSNR in UV space over the head's texels; the collars
painted into some skins are clothes and do not count.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from ...compose.compose import Finish, compose
from ...compose.udim import compose_tiles
from ...head.atlas import to_atlas
from ...head.landmarks import HeadLandmarks, find_head_landmarks
from ...head.mesh import HeadMesh, load_mesh, vertex_normals
from ...head.rasterize import rasterize, texel_corners
from ...head.tiles import FIRST
from ...imaging.files import write_picture
from ...imaging.sample import to_linear, to_srgb
from ...options import OPACITIES
from ...pipeline import load_cached_networks
from ...surface.find import find_details
from ..prepared import complete, prepare_head
from ..texhub.skins import clothes
from .baselines import BASELINES
from .cases import cases, further_cases, load_truth_texture
from .hidden_methods import options_of
from .truth import TruthCase, render_truth, seen_texels

#: The same pipeline with stages left out, for the ablation.
ABLATIONS = {"linear": "", "1": "1m", "1+2": "1m2", "1+2+3": "1m23", "1+3": "1m3", "2+3": "m23"}
OURS = "1+2+3"


@dataclass(frozen=True)
class Score:
    """PSNR in dB over texels that the true camera sees, does not see, and all."""

    seen: float
    unseen: float
    all: float


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab benchmark", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of heads and skins, laid out as shared/data")
    parser.add_argument("--output", type=Path, help="folder for the portraits, the textures and benchmark.json")
    parser.add_argument("--size", type=int, default=512, help="texels (default 512)")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--further", action="store_true", help="also with two further portraits, from left and right")
    parser.add_argument("--ablation", action="store_true", help="also with stages left out")
    arguments = parser.parse_args(argv)
    rows: dict[str, dict[str, Score]] = {}
    for case in cases(arguments.data):
        if arguments.only in case.name:
            rows[case.name] = run_case(case, arguments)
            print(line(case.name, rows[case.name]), flush=True)
    print_table(rows)
    if arguments.output:
        body = {name: {method: vars(score) for method, score in row.items()} for name, row in rows.items()}
        (arguments.output / "benchmark.json").write_text(json.dumps(body, indent=1))
    return 0


def run_case(case: TruthCase, arguments: argparse.Namespace) -> dict[str, Score]:
    """Render the case, run every method on it, score them."""
    with tempfile.TemporaryDirectory() as temporary:
        return run_in(arguments.output / case.name if arguments.output else Path(temporary), case, arguments)


def run_in(folder: Path, case: TruthCase, arguments: argparse.Namespace) -> dict[str, Score]:
    """The same, with a folder for the portraits."""
    networks = load_cached_networks("cpu")
    mesh = load_mesh(case.head)
    head = find_head_landmarks(mesh)
    texture = load_truth_texture(case)
    portrait = render_truth(mesh, head, texture, case)
    size = arguments.size
    fragments = rasterize(texel_corners(mesh.corner_uvs, size), size, size)
    points = fragments.interpolate(mesh.corners(mesh.vertices))[fragments.covered]
    normals = fragments.interpolate(mesh.corners(vertex_normals(mesh)))[fragments.covered]
    seen = seen_texels(mesh, portrait, points, normals, head.height)
    truth = cv2.resize(texture, (size, size), interpolation=cv2.INTER_AREA)[fragments.covered]

    write_picture(folder / "portrait.png", portrait.color)
    start = time.perf_counter()
    job = prepare_head(mesh, str(folder / "portrait.png"), "auto", networks)
    seconds = time.perf_counter() - start
    place = to_atlas(fragments.interpolate(mesh.corners(job.canonical))[fragments.covered])
    counted = ~clothes(case.kind, place[:, 0], place[:, 1])
    results = {name: fill(job, networks, fragments, size) for name, fill in BASELINES.items()}
    for name, stages in ABLATIONS.items():
        if arguments.ablation or name == OURS:
            start = time.perf_counter()
            generated = complete(job, networks, options_of(stages))
            finish = Finish(size, OPACITIES, find_details(job, generated, size, 0))
            results[name] = compose(job, mesh, generated, finish).texture
            if name == OURS:
                seconds += time.perf_counter() - start
                for light in (0.5, 0.0) if arguments.ablation else ():
                    lit = replace(finish, opacities=OPACITIES | {"light": light})
                    results[f"{OURS}, light {light:.0%}"] = compose(job, mesh, generated, lit).texture
    if arguments.further:
        results |= with_further(case, mesh, head, texture, folder, size, networks)
    print(
        f"{case.name}: {seconds:.1f} s, landmark error {job.registration.error[0]:.1f} px, "
        f"yaw {job.registration.angles[0]:.0f} of {case.yaw:.0f}, style {job.style}, seen {seen.mean():.0%}",
        flush=True,
    )
    if arguments.output:
        truth_picture = np.zeros((size, size, 3), np.float32)
        truth_picture[fragments.covered] = truth
        for name, picture in {**results, "truth": truth_picture}.items():
            write_picture(folder / f"{name}.png", picture)
    return {
        name: score(picture[fragments.covered][counted], truth[counted], seen[counted])
        for name, picture in results.items()
    }


def with_further(
    case: TruthCase, mesh: HeadMesh, head: HeadLandmarks, texture: np.ndarray, folder: Path, size: int, networks
) -> dict[str, np.ndarray]:
    """(size,size,3) of the case's portrait and two further ones of the same face, with its light and without."""
    paths = []
    for other, cast in further_cases(case):
        shot = render_truth(mesh, head, texture, other).color
        paths.append(str(folder / f"portrait_{other.yaw:+.0f}.png"))
        write_picture(paths[-1], to_srgb(to_linear(shot) * np.float32(cast)))
    job = prepare_head(mesh, str(folder / "portrait.png"), "auto", networks, further=paths)
    generated = complete(job, networks)
    lit, unlit = (
        compose_tiles(job, generated, Finish(size, OPACITIES | {"light": light}), {})[FIRST] for light in (1.0, 0.0)
    )
    for told in job.further.as_json(lit.given):
        print(
            f"  {told['portrait']}: "
            + (
                f"error {told['landmarks']['error_px']} px, yaw {told['camera']['yaw_deg']:.0f}, "
                f"score {told['registration']['score']}, gives {told['texels']:.0%}"
                if told["used"]
                else told["reason"]
            )
        )
    write_picture(folder / "provenance_further.png", lit.provenance)
    name = f"{OURS}, left and right"
    return {name: lit.texture, f"{name}, light 0%": unlit.texture}


def score(result: np.ndarray, truth: np.ndarray, seen: np.ndarray) -> Score:
    error = ((result - truth) ** 2).mean(1)

    def psnr(values: np.ndarray) -> float:
        return float(-10 * np.log10(max(values.mean(), 1e-9))) if len(values) else float("nan")

    return Score(psnr(error[seen]), psnr(error[~seen]), psnr(error))


def line(name: str, row: dict[str, Score]) -> str:
    return f"{name:<28}" + "  ".join(f"{method} {s.seen:.1f}/{s.unseen:.1f}" for method, s in row.items())


def print_table(rows: dict[str, dict[str, Score]]) -> None:
    """Means over the cases, as Markdown."""
    print("\n| method | seen | unseen | all |\n|---|---|---|---|")
    for method in next(iter(rows.values())):
        means = [np.mean([getattr(row[method], part) for row in rows.values()]) for part in ("seen", "unseen", "all")]
        print(f"| {method} | " + " | ".join(f"{mean:.2f}" for mean in means) + " |")
