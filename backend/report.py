"""The JSON report of a job: what was used, what was found, how long it took, what each texel came from."""

import contextlib
import json
import platform
from collections.abc import Mapping
from importlib import metadata

import cv2
import numpy as np

from . import __version__
from .compose.compose import Composition
from .head.match import registration_json
from .job import Prepared
from .messages import Generate
from .models.runtime import load_runtime
from .observation.views import View
from .progress import Clock, peak_memory


def versions() -> dict[str, str]:
    """Version of everything whose change could change a texture; large models' packages where they are installed."""
    there = {name: version for name in ("torch", "diffusers") if (version := version_of(name))}
    return {
        "avatartex": __version__,
        "python": platform.python_version(),
        "onnxruntime": load_runtime().__version__,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        **there,
    }


def version_of(name: str) -> str:
    """Of an installed package, which is not imported; '' where there is none."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version(name)
    return ""


def hair_colour(view: View) -> list[float]:
    """sRGB 0..1 of the head's hair as the portrait shows it; nothing where it shows little, or a hat."""
    mask = view.masks.get("hair")
    hair = [] if mask is None else view.observation.portrait[mask > 0.9]  # surely hair
    return [round(float(value), 4) for value in np.median(hair, axis=0)] if len(hair) >= 200 else []


def timing(clock: Clock) -> dict[str, dict[str, float]]:
    """Seconds of each stage and of the whole job, which ends with this; and peak memory, MiB."""
    total, memory = clock.finish(), {stage: round(m) for stage, m in clock.memory.items()}
    return {
        "seconds": {**{stage: round(s, 3) for stage, s in clock.seconds.items()}, "total": round(total, 3)},
        "peak_memory_mib": {**memory, "total": round(peak_memory())},
    }


def render(
    request: Generate, device: str, job: Prepared, composition: Composition, clock: Clock, maps: Mapping | None = None
) -> bytes:
    """The report as UTF-8 JSON; no paths of the machine go into it, only file names.

    Args:
        maps: what is said of them (maps.Maps.report), where there are any.
    """
    head = composition.head
    shares = cv2.mean(composition.provenance, head.astype(np.uint8))
    body = {
        "versions": versions(),
        "device": device,
        "seed": request.seed,
        "profile": request.profile,
        "way": request.way,
        "size": request.size,
        "style": {"asked": request.style, "found": job.style},
        **registration_json(job.match),
        "registration": job.match.quality.as_json(),
        "pins": request.pins,
        "further": job.further.as_json(composition.given),
        **timing(clock),
        "texels": {
            "head": int(head.sum()),
            "photo": round(float(shares[0]), 4),
            "mirrored": round(float(shares[1]), 4),
            "generated": round(float(shares[2]), 4),
        },
        "shell": {"thickness": round(float(job.shell.thickness.max()), 6)} if job.shell else {},
        "hair": hair_colour(job.views[0]),
        "maps": dict(maps or {}),
        "warnings": job.warnings,
    }
    return json.dumps(body, indent=2).encode()
