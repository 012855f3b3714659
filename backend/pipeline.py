"""The whole method on one page: a head and a portrait in, a texture of the artist's UV map out.

After AvatarTex (arXiv 2511.06721): a denoiser inpaints what the portrait shows, flat drawings are corrected in the
latent space of a texture generator, a second denoiser repaints detail; around them what any mesh and any UV map need.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import numpy as np

from . import report
from .completing import complete_each, stage_options
from .compose.compose import Composition, Finish
from .compose.hair_curves import find_curves
from .compose.regions import Regions, hold, read_regions
from .compose.shell_picture import ShellPicture, paint_shell
from .compose.stage_pictures import StagePictures
from .compose.udim import compose_tiles, find_tiles, read_bases, side_by_side, tile_path
from .errors import ErrorCode
from .head.atlas import LOOKED_UP, AtlasMap, map_atlas
from .head.enclosed import depth_inside
from .head.front import draw_front
from .head.match import Match, match, matches
from .head.mesh import load_head
from .head.uvs import split_tiles, uv_warnings
from .imaging.files import encode_picture
from .job import Prepared
from .layers.files import layers_file
from .layers.packed import Packed
from .map_options import map_names, written_maps
from .maps.maps import Asked, Maps
from .maps.redone import Redone, read_maps
from .messages import FromPortrait, Generate, Result, Variants
from .observation.covering import join_evidence
from .observation.further import add_further
from .observation.look import Look
from .observation.shell_cover import find_shell
from .observation.views import find_coverings, fuse, limit_reach
from .options import PROFILE
from .outputs import UDIM, Staged, map_file, pattern, preview_file, shell_files
from .pins import parse_pins
from .portrait.decode import Portrait
from .portrait.faces import read_portrait
from .portrait.networks import run_on
from .progress import OnProgress, Progress
from .recall import Recall, fingerprint, forget_all
from .refusals import check_request, choose_device, dropped_accelerators
from .request import Job
from .surface.find import find_details

#: Said where a portrait shows headwear.
HEADWEAR = "A hat or scarf is left out, and what it hides is completed. If that is hair, raise Headwear in Layers."
#: What a request asks for after its portraits were observed, or what is looked at by its content; any other setting
#: makes another observation.
LATER = {"light", "hair", "expression", "size", "profile", "way", "mesh", "capture", "faces", "device", "base_texture"}
LATER |= {"report", "further", "style", "least_score"}
#: What the last job made of its head and portraits.
_observed: Recall[tuple[Prepared, AtlasMap]] = Recall()

#: Share of a job's time that each stage takes on two cores, so that the bar moves evenly.
TIME_SHARE = {
    "load": 0.08,
    "portrait": 0.06,
    "register": 0.24,
    "atlas": 0.13,
    "inpaint": 0.10,
    "mirror": 0.01,
    "latent": 0.04,
    "repaint": 0.12,
    "large": 0.0,
    "compose": 0.22,
    "maps": 0.0,
}
#: Of a large model, where one paints, beside all else; estimated, it depends on the graphics card.
LARGE_SHARE = 4.0


def generate(request: Generate, on_progress: OnProgress, is_cancelled: Callable[[], bool]) -> Result:
    """Make one texture and write it, its provenance, its layers and its report.

    Raises:
        AvatarTexError: every refusal, before anything is written.
        Cancelled: when is_cancelled() turned true between two steps.
    """
    check_request(request)
    written = written_maps(request.maps, request.pack)
    mapped = bool(written)
    plan = TIME_SHARE | ({} if request.profile == PROFILE.default else {"large": LARGE_SHARE})
    plan |= {"maps": 0.3} if mapped else {}
    progress = Progress(sum(plan.values()), on_progress, is_cancelled)
    step = progress.steps(plan)
    step("load")
    bases = read_bases(request.base_texture, request.size)
    regions = find_regions(request, bases)
    old_maps = read_maps(request.base_texture, written, bases, request.size) if regions else {}
    origins = read_bases(request.base_provenance, request.size, "base provenance")
    device = choose_device(request.device)
    dropped = dropped_accelerators() if request.device == "auto" else []
    networks = load_cached_networks(device)
    pictures = StagePictures(request.keep_stages, request.previews, progress.preview)
    prepared = prepare(Job(request, load_head(request), networks, step, pictures, regions))
    another = request.seed != 0 or bool(regions and regions.redoing)
    options = stage_options(request, prepared, {request.seed: another})
    [generated] = complete_each(prepared, networks, options, step, pictures)

    step("compose")
    details = find_details(prepared, generated, request.size, request.seed)
    layered = bool(request.layers or request.curves or mapped)
    opacities = request.opacities(prepared.style) | request.layer_opacities
    finish = Finish(request.size, opacities, details, layers=layered)
    textures = compose_tiles(prepared, generated, finish, bases, regions, request.seed)
    if regions:
        textures = hold(textures, bases, origins, regions)
    shells = paint_shell(prepared, request.size, finish.opacities["light"], request.seed) if prepared.shell else {}
    pictures.save("composed", side_by_side([tile.texture for tile in textures.values()]))
    shown = max(textures.values(), key=lambda tile: tile.provenance[..., 0].sum())  # the tile with the face

    several = UDIM in request.base_texture or len(textures) > 1
    output, provenance, layers = (
        pattern(path) if several and path else path for path in (request.output, request.provenance, request.layers)
    )
    thickness = float(prepared.shell.thickness.max()) if prepared.shell else 0.0
    with Staged() as staged:
        for number, tile in textures.items() if output else ():
            path = tile_path(output, number)
            staged.write(path, encode_picture(path, tile.texture, request.bits))
        for path, picture in beside_texture(output, provenance, textures, shells, thickness):
            staged.write(path, encode_picture(path, picture))
        for number, tile in textures.items() if layers else ():
            packed = Packed(request.size, tile.planes, finish.opacities)
            staged.write(tile_path(layers, number), layers_file(layers, packed, Path(request.portrait).stem))
        if request.curves:
            curves = find_curves(prepared, details.strands, textures, request.guides, request.seed)
            staged.write(request.curves, curves.encode())
        made: list[str] = []
        redone = Redone(old_maps, regions.made_up) if regions else None
        maps = Maps(prepared, details, asked_maps(request, finish, bool(bases)), redone) if mapped else None
        for number, tile in textures.items():
            if maps is None:
                break
            step("maps")
            for name, data in maps.files(number, tile):
                made.append(map_file(output, name))
                staged.write(tile_path(made[-1], number), data)
        if request.previews and output:
            looks = {number: tile.texture for number, tile in textures.items()}
            front = draw_front(prepared.mesh, prepared.match.head.rotation, looks)
            staged.write(preview_file(output), encode_picture("preview.png", front))
        if request.report:
            told = maps.report() if maps else {}
            staged.write(request.report, report.render(request, device, prepared, shown, progress.clock, told))
    on_progress("compose", 1.0)
    return Result(
        request.job,
        output,
        provenance,
        request.report,
        [*prepared.warnings, *dropped],
        list(textures) if several else [],
        prepared.advice,
        thickness,
        list(dict.fromkeys(made)),
    )


def asked_maps(request: Generate | Variants, finish: Finish, blended: bool) -> Asked:
    """What a request asks of maps."""
    names = map_names(request.maps)
    return Asked(names, request.green, request.map_bits, request.pack, request.size, finish.opacities, blended)


def beside_texture(
    output: str,
    provenance: str,
    textures: Mapping[int, Composition],
    shells: Mapping[int, ShellPicture],
    thickness: float,
) -> list[tuple[str, np.ndarray]]:
    """Names and pictures of every tile's provenance, and of the shell, (mesh units) thick at most."""
    files = [(tile_path(provenance, number), tile.provenance) for number, tile in textures.items() if provenance]
    files += [
        (tile_path(path, number), picture)
        for number, shell in shells.items()
        for path, picture in zip(shell_files(output), shell.pictures(thickness), strict=True)
    ]
    return files


def prepare(job: Job) -> Prepared:
    """Read the portrait, register the head, project the portrait into the atlas; then further ones.

    Raises:
        AvatarTexError: LOW_SCORE when the registration scores less than least_score.
    """
    settings, pictures = job.settings, job.pictures or StagePictures("")
    run_on(job.networks.device)
    job.step("portrait")
    portrait, pins = read_portrait(settings.portrait), parse_pins(settings.pins)
    if job.skins is not None:
        forget_all()  # skins of other people: none is asked for twice
    key = fingerprint(job.mesh, portrait.color, settings.pins)
    found = matches.get(key, lambda: match(job.mesh, portrait, pins, job.step, job.skins))
    pictures.registration(portrait.color, found.mesh, found.registration, pins)
    if found.quality.score < settings.least_score:
        raise ErrorCode.LOW_SCORE(found.quality.sentence, "Look at the registration, or generate anyway.")
    style = found.style if settings.style == "auto" else settings.style
    job.step("atlas")
    asked = [getattr(settings, one.name) for one in fields(FromPortrait) if one.name not in LATER]
    key = fingerprint(key, [Path(path) for path in settings.further], style, settings.shelled, asked)
    prepared, layout = _observed.get(key, lambda: observe_portraits(job, found, portrait, style))
    prepared = job.regions.hide(prepared, layout) if job.regions else prepared
    pictures.partial(prepared.observation)
    return replace(prepared, style=style, warnings=[*prepared.warnings], advice=[*prepared.advice])


def observe_portraits(job: Job, found: Match, portrait: Portrait, style: str) -> tuple[Prepared, AtlasMap]:
    """Project the portraits into the atlas of a registered head, whose texels the second value has."""
    settings, networks = job.settings, job.networks
    layout = map_atlas(found.mesh, found.canonical, LOOKED_UP)
    canonical = layout.fragments.interpolate(found.mesh.corners(layout.canonical.astype(np.float32)))
    look = Look(layout, canonical, networks.skin, networks.studio, style)
    first = look.at(found, portrait.color)
    report_step = lambda share: job.step("atlas", 0.2 + 0.7 * share)  # noqa: E731
    beside = add_further(settings.further, found, first.observation, look, parse_pins(settings.pins), report_step)
    views = (first, *beside.views)
    coverings = find_coverings(views, canonical)
    evidence = join_evidence(fuse(first.observation, beside.views), coverings)
    coverings = limit_reach(coverings, views, canonical, networks.experts.evidence(*evidence))
    warnings, advice = uv_warnings(found.mesh, split_tiles(found.mesh))
    shown = {one.name: float((one.evidence.sure * one.evidence.shown).sum()) for one in coverings}
    headwear = shown.get("headwear", 0) > shown.get("hair", 0)
    prepared = Prepared(
        found,
        views,
        coverings,
        evidence,
        depth_inside(found.mesh, layout),
        style,
        beside,
        [*found.warnings, *([HEADWEAR] if headwear else []), *found.quality.advice, *beside.warnings, *warnings],
        advice,
        find_shell(found, layout, views) if settings.shelled and isinstance(settings, Generate) else None,
    )
    return prepared, layout


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
