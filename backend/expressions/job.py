"""The request: what a head's shape keys add to its texture, as pictures whose channels they drive."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from .. import pipeline, refusals, report
from ..compose.udim import read_bases, tile_path
from ..errors import ErrorCode
from ..head.atlas import map_atlas
from ..head.mesh import load_head
from ..imaging.files import encode_picture
from ..job import Prepared
from ..messages import Expressed, Expressions
from ..outputs import UDIM, Staged, pattern
from ..progress import Clock, Progress
from ..request import Job
from ..shape_keys import find_channels, split_name
from .evidence import ExpressionEvidence, observe_expression
from .maps import BLOOD_RANGE, RANGE, Channel, TileMaps, make_maps
from .poses import part_of, read_poses
from .strain import Strain, measure_rest, measure_strain

#: Channels of one picture; channels at most, by what they change, so that a material stays quick.
EACH, MOST = 3, 18


def make_expressions(
    request: Expressions, on_progress: Callable[[str, float], None], is_cancelled: Callable[[], bool]
) -> Expressed:
    """Make the maps and write them, with a report.

    Raises:
        AvatarTexError: every refusal; nothing is written then.
        Cancelled: when is_cancelled() turned true between two steps; nothing is written.
    """
    check(request)
    progress = Progress(sum(pipeline.TIME_SHARE.values()), on_progress, is_cancelled)
    step = progress.steps(pipeline.TIME_SHARE)
    step("load")
    size = min(request.size, 2048)  # of the folds' pictures, at most
    bases = read_bases(request.base_texture, size)
    mesh = load_head(request)
    poses = read_poses(request, mesh)
    networks = pipeline.load_cached_networks(refusals.choose_device(request.device))
    job = pipeline.prepare(Job(request, mesh, networks, step))
    step("compose")
    channels = make_channels(job.canonical, {name: part_of(moves, job.mesh) for name, moves in poses.items()})
    # strain is measured in 256 texels squared
    rest = measure_rest(job.mesh, map_atlas(job.mesh, job.canonical, 256), job.match.head.height)
    strains = [measure_strain(rest, channel.moves) for channel in channels]
    channels, strains = strongest(channels, strains)
    evidence, warnings = observe_expressions(job, channels)
    step("compose", 0.4)
    maps = make_maps(job, rest, strains, evidence, bases, size)
    step("compose", 0.8)
    several = len(job.tiles) > 1 or UDIM in request.base_texture
    answer = Expressed(
        request.job,
        [{"name": one.name, "left": list(one.left), "right": list(one.right)} for one in channels],
        [name_picture(request, "folds", number, several) for number in range(-(-len(channels) // EACH))],
        [name_picture(request, "blood", number, several) for number in range(-(-len(channels) // EACH))],
        name_picture(request, "left", 0, several),
        RANGE,
        BLOOD_RANGE,
        request.report,
        warnings,
        sorted(job.tiles) if several else [],
    )
    with Staged() as staged:
        written = write_maps(answer, maps, staged)
        if request.report:
            staged.write(request.report, render_report(answer, evidence, written, size, progress.clock))
    on_progress("compose", 1.0)
    return answer


def check(request: Expressions) -> None:
    """Refuse what cannot work before any work.

    Raises:
        AvatarTexError: BAD_REQUEST, NO_MESH, OUTPUT_NOT_WRITTEN.
    """
    if not request.output or os.path.isfile(request.output):
        raise ErrorCode.BAD_REQUEST("No output folder was given.", "Name the folder for the maps.")
    refusals.check_like_texture(request, name_picture(request, "folds", 0, False))


def make_channels(canonical: np.ndarray, poses: dict[str, np.ndarray]) -> list[Channel]:
    """One for each expression; a key that says its side drives the half that it moves, whatever half it says.

    Args:
        poses: (N,3) by the name of the key.
    """
    channels = []
    for name, keys in find_channels(poses, all_of_them=True).items():
        halves: dict[bool, list[str]] = {True: [], False: []}
        for key in keys:
            far = np.linalg.norm(poses[key], axis=1)
            left = float(far @ canonical[:, 0]) >= 0
            for half in (left,) if split_name(key)[1] else (True, False):
                halves[half].append(key)
        moves = np.sum([poses[key] for key in keys], 0)
        channels.append(Channel(name, moves, tuple(halves[True]), tuple(halves[False])))
    return channels


def strongest(channels: list[Channel], strains: list[Strain]) -> tuple[list[Channel], list[Strain]]:
    """Those that the skin feels, and of many the ones that change it most, in their order.

    Raises:
        AvatarTexError: BAD_REQUEST where there is none.
    """
    felt = [float(np.square(np.minimum(strain.pressed, 0.3)).sum()) for strain in strains]
    order = sorted(range(len(channels)), key=lambda number: -felt[number])
    kept = sorted(number for number in order[:MOST] if strains[number].pressed.max() > 0.06)  # less changes nothing
    if not kept:
        raise ErrorCode.BAD_REQUEST(
            "No shape key of the head moves its skin.", "Use a head with shape keys for expressions, named as in ARKit."
        )
    return [channels[number] for number in kept], [strains[number] for number in kept]


def observe_expressions(job: Prepared, channels: Sequence[Channel]) -> tuple[list[ExpressionEvidence], list[str]]:
    """What the portraits show of the expressions, the first beside itself without its folds; and the warnings."""
    moves = [channel.moves for channel in channels]
    found = (observe_expression(job.views[0], view, job.match.head, job.mesh, moves) for view in job.views)
    return [one for one in found if one is not None], job.warnings


def write_maps(answer: Expressed, maps: dict[int, TileMaps], staged: Staged) -> int:
    """Stage all pictures; how many bytes they are. 128 of 255 is nothing, the ends are the ranges."""
    total = 0
    for tile, made in maps.items():
        pictures = {answer.left: np.repeat(made.left[..., None], 3, 2)}
        for number, (folds, blood) in enumerate(zip(answer.folds, answer.blood, strict=True)):
            own = slice(EACH * number, EACH * (number + 1))
            for path, values in ((folds, made.folds[..., own]), (blood, made.blood[..., own])):
                picture = np.full((*values.shape[:2], 3), 128 / 255, np.float32)
                picture[..., : values.shape[2]] += values * (127 / 255)
                pictures[path] = picture
        for path, picture in pictures.items():
            data = encode_picture(path, picture)
            staged.write(tile_path(path, tile), data)
            total += len(data)
    return total


def name_picture(request: Expressions, kind: str, number: int, several: bool) -> str:
    name = str(Path(request.output) / f"{kind}_{number + 1}.png")
    return pattern(name) if several else name


def render_report(
    answer: Expressed, evidence: Sequence[ExpressionEvidence], written: int, size: int, clock: Clock
) -> bytes:
    """UTF-8 JSON without paths of the machine."""
    body = {
        "versions": report.versions(),
        "size": size,
        "channels": answer.channels,
        "pictures": 2 * len(answer.folds) + 1,
        "bytes": written,
        "portraits": [
            {
                one["name"]: round(float(weight), 2)
                for one, weight in zip(answer.channels, view.weights)
                if weight > 0.05
            }
            for view in evidence
        ],
        **report.timing(clock),
        "warnings": answer.warnings,
    }
    return json.dumps(body, indent=2).encode()
