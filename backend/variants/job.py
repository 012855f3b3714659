"""The request: one registration, one completion per seed, one painted texture per style and seed."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from .. import completing, pipeline, refusals, report
from ..compose.compose import Finish
from ..compose.udim import compose_tiles, read_bases, tile_path
from ..errors import AvatarTexError, ErrorCode
from ..head.match import registration_json
from ..head.mesh import load_head
from ..imaging.files import encode_picture
from ..layers.files import PACKED, layers_file
from ..layers.packed import Packed
from ..map_options import written_maps
from ..maps.maps import Maps
from ..messages import Variants, Varied
from ..options import PROFILE, refuse_unknown
from ..outputs import UDIM, Staged, map_file, name_inputs, pattern, preview_file, refuse_outputs
from ..progress import Clock, Progress
from ..request import Job
from ..styles import STYLES
from ..surface.find import find_details
from .sheet import Sheet
from .styling import Stylist

#: Seconds on two cores at 1K, so that the bar moves evenly: before the first seed, per seed, per painted texture.
PREPARED, COMPLETED, PAINTED = 8.0, 3.0, 2.5


def make_variants(
    request: Variants, on_progress: Callable[[str, float], None], is_cancelled: Callable[[], bool]
) -> Varied:
    """Make all variants and write them, their report and their sheet.

    Raises:
        AvatarTexError: every refusal; nothing is written then.
        Cancelled: when is_cancelled() turned true between two steps; nothing is written.
    """
    check(request)
    with Staged() as staged:
        return work(request, on_progress, is_cancelled, staged)


def work(
    request: Variants, on_progress: Callable[[str, float], None], is_cancelled: Callable[[], bool], staged: Staged
) -> Varied:
    count = len(request.styles) * len(request.seeds)
    large = 0.0 if request.profile == PROFILE.default else pipeline.LARGE_SHARE * PREPARED * len(request.seeds)
    total = PREPARED + large + COMPLETED * len(request.seeds) + PAINTED * count
    progress = Progress(total, on_progress, is_cancelled)
    before = {stage: pipeline.TIME_SHARE[stage] for stage in ("load", "portrait", "register", "atlas")}
    step = progress.steps({stage: PREPARED * part / sum(before.values()) for stage, part in before.items()})
    step("load")
    bases = read_bases(request.base_texture, request.size)
    device = refusals.choose_device(request.device)
    networks = pipeline.load_cached_networks(device)
    job = pipeline.prepare(Job(request, load_head(request), networks, step))
    mapped = bool(map_files(request, 0))
    finish = Finish(request.size, request.opacities(job.style), layers=mapped or bool(layers_files(request)))
    stylist = Stylist(job, request.size, bases, request.strength / 100, request.scale / 100)
    sheet = Sheet(job, request.styles)
    several = UDIM in request.base_texture or len(job.tiles) > 1
    made: list[dict] = []
    found: list[str] = []
    spent, painted = PREPARED, 0.0

    def complete_step(stage: str, fraction: float = 0.0) -> None:
        nonlocal painted
        progress.clock.enter(stage)
        painted = fraction if stage == "large" else painted
        progress.report(stage, spent + large * painted)

    options = completing.stage_options(request, job, {seed: seed != 0 for seed in request.seeds})
    completions = completing.complete_each(job, networks, options, complete_step)
    for turn, seed in enumerate(request.seeds):
        generated = next(completions)
        spent = PREPARED + turn * (COMPLETED + PAINTED * len(request.styles))
        complete_step("compose")
        details = find_details(job, generated, request.size, seed)
        finish = replace(finish, details=details)
        tiles = compose_tiles(job, generated, finish, bases, seed=seed)
        if mapped:
            progress.clock.enter("maps")
            maps = Maps(job, details, pipeline.asked_maps(request, finish, bool(bases)))
            for number, composed in tiles.items():
                for name, data in maps.files(number, composed):
                    found.append(map_file(maps_stem(request, seed, several), name))
                    staged.write(tile_path(found[-1], number), data)
        shown = stylist.show(tiles)
        plain = tiles, shown  # for styles that shade by themselves
        if finish.opacities["light"] and any(STYLES[style].shaded for style in request.styles):
            without_light = replace(finish, opacities={**finish.opacities, "light": 0.0}, layers=False)
            unlit = compose_tiles(job, generated, without_light, bases, seed=seed)
            plain = unlit, stylist.show(unlit)
        for turned, style in enumerate(request.styles):
            progress.clock.enter(style)
            label = f"Painting {style}, seed {seed} ({len(made) + 1} of {count})"
            progress.report(label, spent + large * painted + COMPLETED + PAINTED * turned)
            textures = stylist.style(style, seed, *(plain if STYLES[style].shaded else (tiles, shown)))
            path = variant_file(request, style, seed)
            output = pattern(str(path)) if several else str(path)
            for tile, texture in textures.items():
                staged.write(tile_path(output, tile), encode_picture(output, texture))
            preview = ""
            if request.previews:
                preview = preview_file(path)
                staged.write(preview, encode_picture(preview, sheet.preview(textures)))
            layers = ""
            if path.with_suffix(PACKED) in layers_files(request):
                layers = str(Path(output).with_suffix(PACKED))
                for tile, texture in tiles.items():
                    packed = Packed(request.size, texture.planes, finish.opacities)
                    staged.write(tile_path(layers, tile), layers_file(PACKED, packed))
            made.append({"style": style, "seed": seed, "output": output, "preview": preview, "layers": layers})
            if request.sheet:
                sheet.add(f"{style}, seed {seed}", textures)
        del tiles, shown, plain
    if request.report:
        staged.write(request.report, render_report(request, device, job, stylist, progress.clock))
    if request.sheet:
        staged.write(request.sheet, encode_picture(request.sheet, sheet.draw()))
    on_progress("Writing", 1.0)
    numbers = sorted({*job.tiles, *bases}) if several else []
    return Varied(request.job, made, request.report, job.warnings, numbers, job.advice, list(dict.fromkeys(found)))


def check(request: Variants) -> None:
    """Refuse what cannot work before any work.

    Raises:
        AvatarTexError: BAD_REQUEST, NO_MESH, OUTPUT_NOT_WRITTEN.
    """
    refuse_unknown(vars(request))
    for what, count, distinct in (
        ("style", len(request.styles), len(set(request.styles))),
        ("seed", len(request.seeds), len(set(request.seeds))),
    ):
        if not count or distinct < count:
            raise bad(f"A {what} is there twice." if count else f"No {what} was given.", f"Name each {what} once.")
    if not request.output or os.path.isfile(request.output):
        raise bad("No output folder was given.", "Name the folder for the textures.")
    files = [variant_file(request, style, seed) for style in request.styles for seed in request.seeds]
    refusals.check_like_texture(request, str(files[0]))
    previews = [preview_file(path) for path in files] if request.previews else []
    maps = [path for seed in request.seeds for path in map_files(request, seed)]
    refuse_outputs(
        name_inputs(request),
        [*map(str, [*files, *layers_files(request)]), *maps, *previews, request.report, request.sheet],
        (refusals.TEXEL_BYTES * len(files) + refusals.MAP_BYTES * len(maps)) * request.size**2,
    )


def variant_file(request: Variants, style: str, seed: int) -> Path:
    return Path(request.output) / f"{style}_{seed}.{request.format}"


def maps_stem(request: Variants, seed: int, several: bool = False) -> str:
    """What the maps of a seed are named after: its styles share the relief of the plain texture."""
    path = str(Path(request.output) / f"maps_{seed}.png")
    return pattern(path) if several else path


def map_files(request: Variants, seed: int) -> list[str]:
    return [map_file(maps_stem(request, seed), name) for name in written_maps(request.maps, request.pack)]


def layers_files(request: Variants) -> list[Path]:
    """Of the style that only shows the texture."""
    if not request.keep_layers or request.format != "png" or "photo" not in request.styles:
        return []
    return [variant_file(request, "photo", seed).with_suffix(PACKED) for seed in request.seeds]


def bad(message: str, cure: str) -> AvatarTexError:
    return ErrorCode.BAD_REQUEST(message, cure)


def render_report(request: Variants, device: str, job, stylist: Stylist, clock: Clock) -> bytes:
    """UTF-8 JSON without paths of the machine."""
    body = {
        "versions": report.versions(),
        "device": device,
        "size": request.size,
        "format": request.format,
        "strength": request.strength,
        "scale": request.scale,
        "styles": request.styles,
        "seeds": request.seeds,
        "style": {"asked": request.style, "found": job.style},
        "canvas": stylist.canvas.side,
        **report.timing(clock),
        **registration_json(job.match),
        "registration": job.match.quality.as_json(),
        "warnings": job.warnings,
    }
    return json.dumps(body, indent=2).encode()
