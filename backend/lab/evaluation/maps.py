"""python -m backend.lab evaluate maps: relief and roughness of portraits whose skin, wrinkles, moles and gloss are
known.

Skins of four tones on two heads get wrinkles, moles, freckles and gloss by region, are rendered under three lights and
go through a job's own observation with the true camera, so that what is measured is the maps' own error. Normals are
compared where the portrait shows wrinkles; relief of moles is how far they stand out of the ring around them, as a
share of the relief of wrinkles; roughness is compared over the shown face. Beside ours: flat normals and one roughness
for all, and a luminance-to-bump filter (height is luminance, rough is what is dark), as strong as fits the truth best.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from ...compose.texels import Texels, find_texels
from ...head.atlas import to_atlas
from ...head.landmarks import HeadLandmarks, find_head_landmarks
from ...head.match import match
from ...head.mesh import HeadMesh, load_mesh, vertex_normals
from ...imaging.bands import HALF, averaging
from ...imaging.files import write_picture
from ...imaging.sample import LUMINANCE, sample
from ...job import Prepared
from ...maps.gloss import ROUGHNESS, find_roughness
from ...maps.relief import Relief
from ...maps.tangents import find_frames, slopes, tangent_normals
from ...messages import Generate
from ...models.bundle import load_networks
from ...pipeline import observe_portraits
from ...portrait.decode import decode_portrait
from ...request import Job
from ...surface.bare import between_parts
from ...surface.find import Details
from .marks import MOLES, Marks, from_front
from .studio import known_registration
from .studio_portraits import Lamp, Setting, StudioPortrait, render_studio

#: Texels of a side.
SIZE = 1024
HEADS = ("asian_female_old", "african_male_old")
#: A skin of each tone, for choosing and for reporting.
SKINS = {
    "dark": ("skin_male_african_middleage", "old_darkskinned_male"),
    "brown": ("middleage_darkskinned_male", "young_lightskinned_female_Bronze"),
    "medium": ("middleage_eurasian_female", "old_eurasian_male"),
    "light": ("middleage_lightskinned_male", "young_lightskinned_male2"),
}
LIGHTS = {
    "front": Setting(0.5, (Lamp((0.1, 0.3, 0.95), 0.8, size=0.35),), 1.0),
    "side": Setting(0.4, (Lamp((-0.8, 0.3, 0.55), 0.9, size=0.15), Lamp((0.7, 0.2, 0.7), 0.25, size=0.5)), 1.0),
    "above": Setting(0.45, (Lamp((0.25, 0.85, 0.6), 0.9, size=0.2),), 1.0),
}
METHODS = ("ours", "none", "luminance")


@dataclass(frozen=True)
class Case:
    """A portrait of known marks, and the head at the texels that it shows: places in the face's axes."""

    tone: str
    light: str
    job: Prepared
    marks: Marks
    head: HeadLandmarks
    mesh: HeadMesh


def make_case(data: Path, tone: str, light: str, half: int) -> tuple[Case, StudioPortrait]:
    """Args: half: 0 to choose by, 1 to report."""
    mesh = load_mesh(data / "makehuman/heads" / f"{HEADS[half]}.obj")
    [skin] = (data / "makehuman/skins").glob(f"*__{SKINS[tone][half]}.jpg")
    texture = cv2.imread(str(skin))[..., ::-1].astype(np.float32) / 255
    return photograph(mesh, texture, tone, light, half)


def photograph(mesh: HeadMesh, texture: np.ndarray, tone: str, light: str, half: int) -> tuple[Case, StudioPortrait]:
    """The case of a head with a skin, (T,T,3) float32 sRGB in its UV map."""
    head = find_head_landmarks(mesh)
    marks = Marks.draw(head, 2 * list(SKINS).index(tone) + half)
    pose = ((6.0, 2.0), (-10.0, -3.0))[half]
    rendered = render_studio(mesh, head, texture, pose, LIGHTS[light], marks)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "portrait.png"
        write_picture(path, rendered.portrait.color)
        portrait = decode_portrait(path)
        found = match(mesh, portrait)
        found = replace(found, registration=known_registration(found, rendered.portrait))
        request = Generate("", str(path), "t.png", mesh="head.obj")
        job = observe_portraits(Job(request, mesh, load_networks("cpu"), lambda *_: None), found, portrait, "photo")[0]
    return Case(tone, light, job, marks, head, mesh), rendered


@dataclass(frozen=True)
class Shown:
    """Texels that the portrait shows well. places: (n,3) face axes. normals: (n,3) mesh axes. chosen: (m,) bool of the
    filled texels. pixels: (n,2)."""

    texels: Texels
    chosen: np.ndarray
    places: np.ndarray
    normals: np.ndarray
    pixels: np.ndarray


def shown_texels(case: Case) -> Shown:
    mesh, head, job = case.job.mesh, case.head, case.job
    texels = find_texels(mesh, SIZE)
    points = texels.at(mesh, mesh.vertices)
    normals = texels.at(mesh, vertex_normals(mesh))
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    atlas = to_atlas(texels.at(mesh, job.canonical))
    seen = sample(job.views[0].visible, atlas * len(job.views[0].visible))
    chosen = (seen > 0.4) & (between_parts(atlas) > 0.95) & texels.covered[texels.filled]
    places = (points - head.points.mean(0)) @ head.rotation.T / head.height
    pixels = case.job.registration.project(points.astype(np.float64))[0].astype(np.float32)
    return Shown(texels, chosen, places, normals, pixels)


def to_space(case: Case, shown: Shown, heights: np.ndarray) -> np.ndarray:
    """(n,3) unit normals that a renderer makes of the map of (n,) heights."""
    mesh, texels = case.job.mesh, shown.texels
    laid = np.zeros(texels.filled.shape, np.float32)
    laid[texels.filled] = heights
    own = vertex_normals(mesh).astype(np.float32)
    frames = find_frames(mesh, own)
    made = tangent_normals(mesh, frames, texels, *slopes(laid, texels.filled, SIZE))
    tangent = (frames.tangents[texels.triangle] * texels.weights[..., None]).sum(1)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    bitangent = np.cross(shown.normals, tangent) * frames.signs[texels.triangle, None]
    out = made[:, :1] * tangent + made[:, 1:2] * bitangent + made[:, 2:] * shown.normals
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)


def luminance_of(case: Case, shown: Shown) -> np.ndarray:
    """(n,) luminance of the portrait at texels, beside that of its surroundings."""
    seen, height = case.job.views[0].observation, case.job.registration.face_height
    light = (seen.portrait @ LUMINANCE)[..., None].astype(np.float32)
    apart = light - averaging(seen.mask)(light, HALF * height / 16)
    return sample(apart[..., 0] * seen.mask, shown.pixels)


def standing_out(heights: np.ndarray, shown: Shown, marks: Marks) -> np.ndarray:
    """(k,) how much higher each shown mole is than the ring around it."""
    found = []
    for spot, radius in zip(marks.spots[: len(MOLES)], marks.radii, strict=False):
        away = from_front(shown.places, spot) / radius
        inside, around = (shown.chosen & (away > low) & (away < high) for low, high in ((-1, 0.6), (1.4, 2.4)))
        if inside.sum() > 10 and around.sum() > 10:
            found.append(heights[inside].mean() - heights[around].mean())
    return np.array(found or [0.0])


def measure(case: Case) -> dict[str, float]:
    """Figures by name of one portrait."""
    shown = shown_texels(case)
    keep, unit, marks = shown.chosen, case.head.height, case.marks
    truth = marks.bent(shown.places, shown.normals @ case.head.rotation.T) @ case.head.rotation
    depth = np.abs(marks.height(shown.places))
    band = np.maximum.reduce(
        [np.exp(-(((shown.places - marks.points[one]) / 0.085) ** 2).sum(1)) for one in (151, 50, 280)]
    )
    folded = keep & (band > 0.4)
    wave = marks.height(shown.places) * unit
    filtered = luminance_of(case, shown)
    scale = float((filtered[folded] * wave[folded]).sum() / np.maximum((filtered[folded] ** 2).sum(), 1e-9))
    heights = {
        "ours": Relief(case.job, Details(), 0.0).heights(case.job.mesh, shown.texels),
        "none": np.zeros(len(keep), np.float32),
        "luminance": (filtered * scale).astype(np.float32),
    }
    out: dict[str, float] = {"texels": float(folded.sum()), "deep": float(depth[folded].max())}
    for name, found in heights.items():
        normals = to_space(case, shown, found)
        error = np.degrees(np.arccos(np.clip((normals * truth).sum(1), -1, 1)))
        out[f"normals {name}"] = float(np.median(error[folded]))
        steps = standing_out(found, shown, marks)
        out[f"moles {name}"] = float(np.sqrt(np.mean(steps**2)) / max(found[folded].std(), 1e-9))
        out[f"alike {name}"] = float(np.corrcoef(found[folded], wave[folded])[0, 1]) if found.any() else 0.0
    rough = marks.rough(shown.places)
    atlas, bare = to_atlas(shown.texels.at(case.job.mesh, case.job.canonical)), np.zeros(len(keep), np.float32)
    place = shown.texels.at(case.job.mesh, case.job.canonical)
    dark = -filtered / max(float(filtered[keep].std()), 1e-9) * 0.05
    for name, values in {
        "ours": find_roughness(atlas, place, bare),
        "none": np.full(len(keep), ROUGHNESS),
        "luminance": ROUGHNESS * (1 + dark),
    }.items():
        out[f"rough {name}"] = float(np.sqrt(np.mean((values[keep] - rough[keep]) ** 2)))
        pattern = values[keep] / values[keep].mean() - rough[keep] / rough[keep].mean()
        out[f"pattern {name}"] = float(np.sqrt(np.mean(pattern**2)))
    return out


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab evaluate maps",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of heads and skins, laid out as shared/data")
    parser.add_argument("--choosing", action="store_true", help="the half that constants are chosen on")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    columns = [f"{what} {name}" for what in ("normals", "moles", "rough", "pattern") for name in METHODS]
    columns.remove("moles none")
    print(f"| tone, light | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    rows = []
    for tone in SKINS:
        for light in LIGHTS:
            case, _ = make_case(arguments.data, tone, light, 0 if arguments.choosing else 1)
            rows.append(measure(case))
            print(f"| {tone}, {light} | {' | '.join(f'{rows[-1][name]:.3f}' for name in columns)} |", flush=True)
    means = (np.mean([row[name] for row in rows]) for name in columns)
    print(f"| mean | {' | '.join(f'{mean:.3f}' for mean in means)} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
