"""One case measured: every method's texture and figures, as a call of a warm worker."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from ... import __version__
from ...head.camera import Camera
from ...head.landmarks import face_height
from ...head.match import Match, match
from ...head.mesh import load_mesh
from ...head.register import camera_angles, eye_outlines
from ...head.visibility import depth_view
from ...head.warp import ImageWarp
from ...imaging.files import write_bytes, write_picture
from ...messages import Generate
from ...models.bundle import Networks
from ...pipeline import load_cached_networks, observe_portraits
from ...portrait.decode import decode_portrait
from ...progress import peak_memory
from ...request import Job
from ..calls import Tell
from .methods import OURS, Shown, textures
from .scores import Figures, score_texture

#: Whose camera: found by the job, or the one that made the portrait.
ESTIMATED, KNOWN = "estimated", "known"


def asked(about: dict, size: int) -> dict:
    """What a case's figures follow from: others are made anew."""
    return {"version": __version__, "size": size, "case": about}


@lru_cache(1)
def networks() -> Networks:
    cv2.setNumThreads(1)
    return load_cached_networks("cpu")


def measure(tell: Tell, case: str, output: str, size: int) -> None:
    """Write textures/CAMERA/METHOD/CASE.png and figures/CASE.json, which is written last.

    Raises:
        AvatarTexError: nobody finds a face on the head or in the portrait.
    """
    folder, target = Path(case), Path(output)
    about = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    portrait, mesh = decode_portrait(str(folder / "portrait.jpg")), load_mesh(folder / "head.obj")
    job = Job(Generate("", str(folder / "portrait.jpg"), ""), mesh, networks())
    begun = time.process_time()
    found = match(mesh, portrait)
    registered = time.process_time() - begun
    body: dict = {"asked": asked(about, size), "error": landmark_error(found, folder)}
    body["front"] = (found.head.rotation @ found.mesh.turn).tolist()
    figures: dict[str, dict[str, Figures]] = {}
    for whose, one in cameras(found, folder).items():
        begun = time.process_time()
        prepared, _ = observe_portraits(job, one, portrait, found.style)
        before = registered + time.process_time() - begun
        row = figures.setdefault(whose, {})
        for name, picture, seconds in textures(Shown(prepared, networks(), size), whose == ESTIMATED):
            path = target / "textures" / whose / name.replace(": ", "_") / f"{folder.name}.png"
            write_picture(path, picture)
            row[name] = score_texture(folder, path) | {"seconds": round(before + seconds, 2)}
            tell(name, 0.0)
            if name == OURS:
                body.setdefault("memory", round(peak_memory()))  # before anything else is asked of this process
    body |= {"style": found.style, "figures": figures}
    write_bytes(target / "figures" / f"{folder.name}.json", json.dumps(body, indent=1).encode())


def cameras(found: Match, folder: Path) -> dict[str, Match]:
    """The match as it was found, and with the true camera where the case has it."""
    path = folder / "camera.json"
    return {ESTIMATED: found} | ({KNOWN: with_camera(found, read_camera(path, found))} if path.is_file() else {})


def read_camera(path: Path, found: Match) -> Camera:
    """In the axes of the found mesh."""
    told = json.loads(path.read_text(encoding="utf-8"))
    rotation = np.asarray(told["rotation"]) @ found.mesh.turn.T
    centre = np.full(2, told["size"] / 2)
    return Camera(told["focal"], centre, rotation, np.asarray(told["translation"]))


def with_camera(found: Match, camera: Camera) -> Match:
    """Registered by the camera that made the portrait: no texel is moved."""
    mesh, head, before = found.mesh, found.head, found.registration
    landmarks = camera.project(head.points)[0]
    pixels, depth = camera.project(mesh.vertices.astype(np.float64))
    extent = (round(2 * camera.centre[0]), round(2 * camera.centre[1]))
    view = depth_view(
        mesh.corners(pixels), mesh.corners(depth), extent, 1.6 * head.height, None, eye_outlines(landmarks)
    )
    still = ImageWarp(np.zeros((2, 2, 2), np.float32), np.zeros(2), float(max(extent)))
    registration = replace(
        before,
        camera=camera,
        warp=still,
        depth=view,
        error=(0.0, 0.0),
        angles=camera_angles(camera, head),
        face_height=face_height(landmarks),
    )
    return replace(found, registration=registration)


def landmark_error(found: Match, folder: Path) -> float | None:
    """Median distance of the landmarks from where the true camera has them, in percent of the face's height."""
    path = folder / "camera.json"
    if not path.is_file():
        return None
    true = read_camera(path, found).project(found.head.points)[0]
    away = np.linalg.norm(found.registration.project(found.head.points)[0] - true, axis=1)
    return round(float(np.median(away) / face_height(true) * 100), 2)


def read_figures(output: Path, case: str, expected: dict) -> dict | None:
    """What an earlier run measured of a case; None where it measured something else."""
    try:
        body = json.loads((output / "figures" / f"{case}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return body if body.get("asked") == json.loads(json.dumps(expected)) else None
