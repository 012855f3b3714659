"""The whole method on one page: a head and a portrait in, a texture of the artist's UV map out.

After AvatarTex (arXiv 2511.06721): a denoiser inpaints what the portrait shows, flat drawings are corrected in the
latent space of a texture generator, a second denoiser repaints detail; around them what any mesh and any UV map need.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from . import report
from .completing import complete, no_step, stage_options
from .compose.compose import Finish
from .compose.regions import Regions, hold, read_regions
from .compose.shell_picture import paint_shell
from .compose.stage_pictures import StagePictures
from .compose.udim import compose_tiles, find_tiles, read_bases, side_by_side, tile_path
from .errors import AvatarTexError, Cancelled, ErrorCode
from .head.atlas import AtlasMap, map_atlas
from .head.enclosed import depth_inside
from .head.match import DRAWN, Match, match, matches
from .head.mesh import HeadMesh, load_capture, load_mesh
from .head.uvs import split_tiles, uv_warnings
from .imaging.files import encode_pictures
from .job import OPACITIES, Prepared
from .messages import STAGES, Generate, Result, Variants
from .observation.covering import join_evidence
from .observation.further import add_further
from .observation.look import Look
from .observation.observe import PLACES
from .observation.stands_off import see_shell
from .observation.views import find_coverings, fuse
from .options import PROFILE, SHELL
from .outputs import UDIM, Staged, pattern, shell_files
from .pins import Pin, parse_pins
from .portrait.decode import Portrait, decode_portrait
from .portrait.networks import run_on
from .prior.linear import LinearPrior
from .recall import Recall, fingerprint, forget_all
from .refusals import check_request, choose_device

#: Said where a portrait shows headwear.
CLOTH = "A hat or scarf is left out, and what it hides is completed: choose Painted, Hats Too as Hair if that is hair."
#: What the last job made of its head and portraits.
_seen: Recall[tuple[Prepared, AtlasMap]] = Recall()

#: Called with stage and share of the job that is done; where previews were asked for, also with a new one's path.
OnProgress = Callable[..., None]

#: Share of a job's time that each stage takes on two cores, so that the bar moves evenly.
TIME_SHARE = {
    "load": 0.08,
    "portrait": 0.06,
    "register": 0.24,
    "atlas": 0.13,
    "inpaint": 0.03,
    "latent": 0.04,
    "repaint": 0.20,
    "large": 0.0,
    "compose": 0.22,
}
#: Of a large model, where one paints, beside all else; estimated, it depends on the graphics card.
LARGE_SHARE = 4.0


def generate(request: Generate, on_progress: OnProgress, is_cancelled: Callable[[], bool]) -> Result:
    """Make one texture and write it, its provenance and its report.

    Raises:
        AvatarTexError: every refusal, before anything is written.
        Cancelled: when is_cancelled() turned true between two steps.
    """
    check_request(request)
    pins = parse_pins(request.pins)
    clock = report.Clock()
    now = ("load", 0.0)
    share = TIME_SHARE | ({} if request.profile == PROFILE.default else {"large": LARGE_SHARE})

    def step(stage: str, fraction: float = 0.0) -> None:
        nonlocal now
        if is_cancelled():
            raise Cancelled
        done = sum(share[earlier] for earlier in list(STAGES)[: list(STAGES).index(stage)])
        clock.enter(stage)
        now = stage, min(1.0, (done + share[stage] * fraction) / sum(share.values()))
        on_progress(*now)

    step("load")
    bases = read_bases(request.base_texture, request.size)
    regions = find_regions(request, bases)
    origins = read_bases(request.base_provenance, request.size, "base provenance")
    device = choose_device(request.device)
    networks = load_cached_networks(device)
    mesh = load_capture(request.capture) if request.capture else load_mesh(request.mesh, request.faces)
    pictures = StagePictures(request.keep_stages, request.previews, lambda path: on_progress(*now, path))
    job = prepare(
        mesh,
        request.portrait,
        request.style,
        networks,
        step,
        pictures,
        pins,
        request.least_score,
        regions,
        request.further,
        shell=request.shell != SHELL.default,
    )
    another = request.seed != 0 or bool(regions and regions.redoing)
    [options] = stage_options(request, job, {request.seed: another})
    generated = complete(job, networks, options, step, pictures)

    step("compose")
    finish = Finish(request.size, opacities_of(request))
    textures = compose_tiles(job, generated, finish, bases, regions, request.seed)
    if regions:
        textures = hold(textures, bases, origins, regions)
    shells = paint_shell(job, request.size, finish.opacities["light"], request.seed) if job.shell else {}
    shown = max(textures.values(), key=lambda tile: tile.provenance[..., 0].sum())  # the tile with the face
    pictures.save("composed", side_by_side([tile.texture for tile in textures.values()]))

    several = UDIM in request.base_texture or len(textures) > 1
    output, provenance = (pattern(path) if several and path else path for path in (request.output, request.provenance))
    thickness = float(job.shell.thickness.max()) if job.shell else 0.0
    files = [
        (tile_path(path, number), picture)
        for number, tile in textures.items()
        for path, picture in ((output, tile.texture), (provenance, tile.provenance))
        if path
    ]
    files += [
        (tile_path(path, number), picture)
        for number, layer in shells.items()
        for path, picture in zip(
            shell_files(output), (layer.picture, layer.small(thickness), layer.strands), strict=True
        )
    ]
    with Staged() as staged:
        for path, data in encode_pictures(files):
            staged.write(path, data)
        if request.report:
            staged.write(request.report, report.render(request, device, job, shown, clock))
    on_progress("compose", 1.0)
    return Result(
        request.job,
        output,
        provenance,
        request.report,
        job.warnings,
        list(textures) if several else [],
        job.advice,
        thickness,
    )


def prepare(
    mesh: HeadMesh,
    portrait_path: str,
    style: str,
    networks,
    step: Callable[..., None] = no_step,
    pictures: StagePictures | None = None,
    pins: Sequence[Pin] = (),
    least_score: float = 0.0,
    regions: Regions | None = None,
    further: Sequence[str] = (),
    worn: LinearPrior | None = None,
    shell: bool = False,
) -> Prepared:
    """Read the portrait, register the head, project the portrait into the atlas; then further ones.

    Args:
        worn: what skins look like for the registration; the shipped prior where it is not said. shell: what stands off
            the skin is seen on a shell.

    Raises:
        AvatarTexError: LOW_SCORE when the registration scores less than least_score.
    """
    pictures = pictures or StagePictures("")
    run_on(networks.device)
    step("portrait")
    portrait = decode_portrait(portrait_path)
    if worn is not None:
        forget_all()  # skins of other people: none is asked for twice
    key = fingerprint(mesh, portrait.color, pins)
    found = matches.get(key, lambda: match(mesh, portrait, pins, step, worn))
    pictures.registration(portrait.color, found.mesh, found.registration, pins)
    if found.quality.score < least_score:
        raise AvatarTexError(
            ErrorCode.LOW_SCORE, found.quality.sentence, "Look at the registration, or generate anyway."
        )
    style = found.style if style == "auto" else style
    step("atlas")
    key = fingerprint(key, [Path(path) for path in further], style, shell)
    job, layout = _seen.get(key, lambda: see(found, portrait, style, networks, step, pins, further, shell))
    job = regions.hide(job, layout) if regions else job
    pictures.partial(job.observation)
    return replace(job, style=style, warnings=[*job.warnings], advice=[*job.advice])


def see(
    found: Match,
    portrait: Portrait,
    style: str,
    networks,
    step: Callable[..., None],
    pins: Sequence[Pin],
    further: Sequence[str],
    shell: bool = False,
) -> tuple[Prepared, AtlasMap]:
    """Project the portraits into the atlas of a registered head; the arguments are `prepare`'s."""
    layout = map_atlas(found.mesh, found.canonical, PLACES)
    canonical = layout.fragments.interpolate(found.mesh.corners(layout.canonical.astype(np.float32)))
    look = Look(layout, canonical, networks.skin, networks.studio, style in DRAWN)
    first = look.at(found, portrait.color)
    report_step = lambda share: step("atlas", 0.2 + 0.7 * share)  # noqa: E731
    beside = add_further(further, found, first.observation, look, pins, report_step)
    views = (first, *beside.views)
    coverings = find_coverings(views, canonical)
    tiles = split_tiles(found.mesh)
    told, advice = uv_warnings(found.mesh, tiles)
    headwear = any(one.name == "headwear" for one in coverings)
    job = Prepared(
        found,
        views,
        coverings,
        join_evidence(fuse(first.observation, beside.views), coverings),
        depth_inside(found.mesh, layout),
        style,
        tiles,
        beside,
        [*found.warnings, *([CLOTH] if headwear else []), *found.quality.advice, *beside.warnings, *told],
        advice,
        see_shell(found, layout, views) if shell else None,
    )
    return job, layout


def opacities_of(request: Generate | Variants) -> dict[str, float]:
    """Of the layers, as a request's options have them."""
    return OPACITIES | {
        "light": {"keep": 1.0, "even": 0.5, "remove": 0.0}[request.light],
        "hair": float(request.hair != "bare"),
        "headwear": float(request.hair == "hats"),
        "folds": float(request.expression == "keep"),
    }


def find_regions(request: Generate, bases: dict[int, np.ndarray]) -> Regions | None:
    """What the artist painted; None where nothing is.

    Raises:
        AvatarTexError: BAD_REQUEST, see read_regions.
    """
    painted = read_bases(request.regions, request.size, "regions file")
    return read_regions(painted, bases, find_tiles(request.base_texture), request.trust_portrait) if painted else None


@cache
def load_cached_networks(device: str):
    """The bundled networks, loaded once per process and device."""
    from .models.bundle import load_networks

    return load_networks(device)
