"""Regions painted on a texture: what is made anew, what stays to the last bit, and what is told of it."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from backend import pipeline
from backend.__main__ import main
from backend.compose.compose import Composition
from backend.compose.regions import Regions, hold, read_regions
from backend.errors import AvatarTexError, ErrorCode
from backend.head.atlas import map_atlas
from backend.messages import Generate
from backend.pipeline import generate
from tests.backend import flat_head

pytestmark = pytest.mark.slow

SIZE = 512
#: A cheek of the demo's head, texels: middle and radius.
CHEEK, RADIUS = (225, 192), 14


@pytest.fixture(scope="module")
def job(tmp_path_factory, demo_head_obj, astronaut):
    """Call with a name and options of Generate: (texture, provenance) as written, (S,S,3) int, RGB."""
    folder = tmp_path_factory.mktemp("regions")
    found = []

    def match_once(*arguments):
        """All jobs have the same head and portrait: half of a job's time is this."""
        found.append(found[0] if found else real(*arguments))
        return found[0]

    patch, real = pytest.MonkeyPatch(), pipeline.match
    patch.setattr(pipeline, "match", match_once)

    def run(name: str, **options):
        request = Generate(
            name,
            str(astronaut),
            str(folder / f"{name}.png"),
            mesh=str(demo_head_obj),
            size=SIZE,
            provenance=str(folder / f"{name}_from.png"),
            report=str(folder / f"{name}.json"),
            keep_stages=str(folder / f"{name}_stages"),
            **options,
        )
        generate(request, lambda stage, fraction: None, lambda: False)
        return read(folder / f"{name}.png"), read(folder / f"{name}_from.png")

    run.folder = folder
    run.over = {"base_texture": str(folder / "first.png"), "base_provenance": str(folder / "first_from.png")}
    run.first = run("first")
    yield run
    patch.undo()


def read(path) -> np.ndarray:
    return cv2.imread(str(path))[..., ::-1].astype(int)


def paint(path, colour: tuple[int, int, int]) -> tuple[str, np.ndarray]:
    """A regions file with the cheek in that colour (RGB), and where it is."""
    picture = cv2.circle(np.zeros((SIZE, SIZE, 3), np.uint8), CHEEK, RADIUS, colour[::-1], -1)
    cv2.imwrite(str(path), picture)
    return str(path), picture.max(2) > 0


def test_redo_changes_its_region_and_not_a_bit_elsewhere(job):
    file, red = paint(job.folder / "redo.png", (255, 0, 0))
    (first, origin), *redone = job.first, *(job(f"redo{seed}", regions=file, seed=seed, **job.over) for seed in (1, 2))
    inside = cv2.erode(red.astype(np.uint8), np.ones((15, 15))) > 0
    for texture, where in redone:
        assert np.array_equal(texture[~red], first[~red]) and np.array_equal(where[~red], origin[~red])
        assert (origin[inside][:, 0] > 250).all() and (where[inside] == (0, 0, 255)).all()
        edge = cv2.dilate(red.astype(np.uint8), np.ones((3, 3))) > 0
        assert np.abs(texture - first)[edge & ~cv2.erode(red.astype(np.uint8), np.ones((3, 3))).astype(bool)].mean() < 2
        # the patch has the tone of what is around it
        ring = (cv2.dilate(red.astype(np.uint8), np.ones((9, 9))) > 0) & ~red
        assert np.abs(texture[inside].mean(0) - first[ring].mean(0)).max() < 14  # strangers differ by 29
    assert np.abs(redone[0][0] - redone[1][0])[inside].mean() > 0.3
    # the networks did not see the portrait there, and did elsewhere
    before, after = (read(job.folder / f"{name}_stages" / "2_partial.png")[:, 512:, 0] for name in ("first", "redo1"))
    hidden = before != after
    assert hidden.sum() > 100 and not after[hidden].any() and np.ptp(np.argwhere(hidden), axis=0).max() < 120
    assert (
        json.loads((job.folder / "redo1.json").read_text())["texels"]["photo"]
        < (json.loads((job.folder / "first.json").read_text())["texels"]["photo"])
    )


def test_maps_are_made_anew_with_their_region(job):
    file, red = paint(job.folder / "mapped_red.png", (255, 0, 0))
    wanted = {"maps": ["normal", "roughness", "displacement"], "pack": "vrm"}
    job("mapped", **wanted)
    job("mapped_redo", regions=file, seed=5, base_texture=str(job.folder / "mapped.png"), **wanted)
    for name in ("normal.png", "roughness.png", "displacement.exr", "vrm_shade.png", "vrm_normal.png"):
        old, new = (
            cv2.imread(str(job.folder / f"{of}_{name}"), cv2.IMREAD_UNCHANGED) for of in ("mapped", "mapped_redo")
        )
        assert np.array_equal(new[~red], old[~red])
        if name != "roughness.png":  # that goes by the place on the head
            assert (new[red] != old[red]).reshape(red.sum(), -1).any(1).mean() > 0.3
    with pytest.raises(AvatarTexError, match="first_normal"):
        job("mapless", regions=file, maps=["normal"], **job.over)


def test_redo_from_the_portrait_gives_the_portrait_again(job):
    first, _ = job.first
    file, red = paint(job.folder / "back_red.png", (255, 0, 0))
    spoilt = first.copy()
    spoilt[red] = 0
    cv2.imwrite(str(job.folder / "spoilt.png"), spoilt[..., ::-1])
    texture, where = job("back", regions=file, trust_portrait=True, base_texture=str(job.folder / "spoilt.png"))
    inside = cv2.erode(red.astype(np.uint8), np.ones((15, 15))) > 0
    assert (where[inside][:, 0] > 250).all() and np.array_equal(texture[~red], spoilt[~red])
    assert np.abs(texture - first)[inside].mean() < 12


def test_what_is_kept_stays_and_the_rest_meets_it(job):
    first, _ = job.first
    file, green = paint(job.folder / "keep_green.png", (0, 255, 0))
    base = np.where(green[..., None], np.minimum(first + 20, 255), first)
    cv2.imwrite(str(job.folder / "brighter.png"), base[..., ::-1])
    texture, where = job("keep", regions=file, light="remove", base_texture=str(job.folder / "brighter.png"))
    assert np.array_equal(texture[green], base[green]) and not where[green].any()
    ring = (cv2.dilate(green.astype(np.uint8), np.ones((5, 5))) > 0) & ~green
    far = (cv2.dilate(green.astype(np.uint8), np.ones((61, 61))) > 0) & (where[..., 0] > 250)
    assert np.abs(texture - base)[ring].mean() < np.abs(texture - first)[far].mean()
    assert np.abs(texture - first)[far & ~green].mean() > 4


@pytest.mark.parametrize(
    ("colour", "options", "text"),
    [
        ((255, 0, 0), {}, "base texture"),
        ((255, 0, 0), {"size": "1024"}, "512 x 512"),
        ((0, 255, 0), {}, "base texture"),
    ],
)
def test_refusals_come_before_the_work(job, capsys, demo_head_obj, astronaut, colour, options, text):
    file, _ = paint(job.folder / "refused.png", colour)
    base = [] if not options else ["--base-texture", job.over["base_texture"], "--size", options["size"]]
    code = main(
        [
            "generate",
            "--mesh",
            str(demo_head_obj),
            "--portrait",
            str(astronaut),
            "--regions",
            file,
            "--output",
            str(job.folder / "refused_out.png"),
            *base,
        ]
    )
    told = capsys.readouterr().err
    assert code == 2 and "[bad-request]" in told and text in told
    assert not (job.folder / "refused_out.png").exists()


def test_red_beside_the_head_is_refused():
    base, nothing = np.full((64, 64, 3), 0.5, np.float32), np.zeros((64, 64), bool)
    head = nothing.copy()
    head[20:40, 20:40] = True
    made = Composition(np.where(head[..., None], 0.7, base), base * 0, head, head, np.full((400, 2), 0.5, np.float32))
    beside = nothing.copy()
    beside[:8, :8] = True
    with pytest.raises(AvatarTexError) as refusal:
        hold({1001: made}, {1001: base}, {}, Regions({1001: beside}, {1001: nothing}))
    assert refusal.value.code == ErrorCode.BAD_REQUEST and "red" in refusal.value.message


def test_what_is_made_anew_is_evidence_of_nothing():
    """Neither skin nor hair, nor a model for its strands; elsewhere all stays."""
    of = flat_head.scene(hair=flat_head.cap(0.35))
    job, size = flat_head.job(of), flat_head.ATLAS
    red = np.zeros((size, size), bool)
    red[: size // 3, : size // 2] = True
    layout = map_atlas(job.mesh, job.canonical, size)
    hidden = Regions({1001: red}, {1001: ~red & False}).hide(job, layout)
    inner, beside = (cv2.erode(part.astype(np.uint8), np.ones((5, 5))) > 0 for part in (red, ~red))
    for before, after in (
        (job.evidence[1], hidden.evidence[1]),
        (job.observation.confidence, hidden.observation.confidence),
        (job.coverings[0].evidence.sure, hidden.coverings[0].evidence.sure),
    ):
        assert before[inner].max() > 0.9 and not after[inner].any() and np.array_equal(after[beside], before[beside])
    trusted = Regions({1001: red}, {1001: ~red & False}, True)
    assert trusted.hide(job, layout) is job


def test_regions_of_udim_tiles_belong_to_their_own_tile():
    base, nothing = np.full((64, 64, 3), 0.5, np.float32), np.zeros((64, 64), bool)
    head = nothing.copy()
    head[20:40, 20:40] = True
    made = Composition(np.where(head[..., None], 0.7, base), base * 0, head, head, np.full((400, 2), 0.5, np.float32))
    held = hold({1001: made, 1002: made}, {1001: base, 1002: base}, {}, Regions({1002: head}, {}))
    assert np.array_equal(held[1001].texture, base) and (held[1002].texture != base).any()
    red = np.zeros((64, 64, 3), np.float32)
    with pytest.raises(AvatarTexError, match="tile 1003"):
        read_regions({1003: red}, {1001: base}, {}, False)
