"""The whole job through the command line, on a real photograph and a real head; what it keeps and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from backend.__main__ import main
from backend.errors import AvatarTexError, Cancelled, ErrorCode
from backend.imaging.files import write_picture
from backend.messages import Generate
from backend.pipeline import generate
from backend.recall import forget_all
from backend.wire import decode, encode

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def result(tmp_path_factory, demo_head_obj, astronaut):
    """One texture of 512 texels with everything that can be written beside it."""
    folder = tmp_path_factory.mktemp("job")
    forget_all()  # other tests ask for the same head and portrait
    code = main(
        [
            "generate",
            "--mesh",
            str(demo_head_obj),
            "--portrait",
            str(astronaut),
            "--output",
            str(folder / "texture.png"),
            "--size",
            "512",
            "--provenance",
            str(folder / "provenance.png"),
            "--report",
            str(folder / "report.json"),
            "--expression",
            "keep",
            "--light",
            "keep",
            "--keep-stages",
            str(folder / "stages"),
        ]
    )
    assert code == 0
    return folder


def read(path: Path) -> np.ndarray:
    return cv2.imread(str(path))[..., ::-1].astype(np.float32) / 255


def test_everything_is_written(result):
    assert read(result / "texture.png").shape == (512, 512, 3)
    names = sorted(path.stem for path in (result / "stages").iterdir())
    assert names == ["1_registration", "2_partial", "3_inpaint", "4_mirror", "5_latent", "6_repaint", "7_composed"]


def test_made_up_skin_is_nearly_as_fine_as_photographed_skin(result):
    """Without the grain it is 20 dB smoother."""
    texture, provenance = read(result / "texture.png"), read(result / "provenance.png")
    fine = ((texture - cv2.GaussianBlur(texture, (0, 0), 1.2)) ** 2).mean(-1)

    def power(share: np.ndarray) -> float:
        inside = cv2.erode((share > 0.95).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        return 10 * np.log10(np.median(fine[inside]))

    assert power(provenance[..., 2]) > power(provenance[..., 0]) - 10


def test_the_report_says_what_happened(result):
    report = json.loads((result / "report.json").read_text())
    assert report["device"] in ("cpu", "cuda") and report["style"]["found"] == "photo"
    assert set(report["seconds"]) >= {"portrait", "register", "inpaint", "latent", "repaint", "compose", "total"}
    assert 0 < report["landmarks"]["error_px"] < 4
    shares = report["texels"]
    assert abs(shares["photo"] + shares["mirrored"] + shares["generated"] - 1) < 0.01 and shares["photo"] > 0.05
    assert abs(report["camera"]["yaw_deg"]) < 10
    assert str(result) not in (result / "report.json").read_text()


def test_no_texel_is_empty(result):
    texture = read(result / "texture.png")
    assert (texture.max(2) > 0.03).mean() > 0.995


def test_photo_texels_are_the_photograph(result, demo_head_obj, astronaut):
    """Where provenance says photo alone, skin's colour is the portrait's, to a rounding step; a smile's folds are kept.
    Hair is lit as the skin is, and comes near."""
    from backend.head.match import match
    from backend.head.mesh import load_mesh
    from backend.head.rasterize import rasterize, texel_corners
    from backend.head.scalp import scalp_share
    from backend.imaging.sample import sample
    from backend.portrait.decode import decode_portrait

    portrait = decode_portrait(astronaut)
    found = match(load_mesh(demo_head_obj), portrait)
    mesh, registration = found.mesh, found.registration
    fragments = rasterize(texel_corners(mesh.corner_uvs, 512), 512, 512)
    points = fragments.interpolate(mesh.corners(mesh.vertices))
    pixels, _ = registration.project(points.astype(np.float64))
    photo = np.clip(sample(portrait.color, pixels, cv2.INTER_CUBIC), 0, 1)
    provenance = read(result / "provenance.png")
    kept = (provenance[..., 0] > 0.998) & fragments.covered
    skin = kept & (scalp_share(fragments.interpolate(mesh.corners(found.canonical.astype(np.float32)))) == 0)
    off = np.abs(read(result / "texture.png") - photo).max(-1)
    assert skin.sum() > 2000 and (off[skin] < 2 / 255).mean() > 0.98 and off[skin].max() < 0.04  # dark brows in folds
    assert off[kept & ~skin].mean() < 0.12


def test_light_that_is_removed_changes_what_is_photographed_and_not_where_it_is_from(
    result, tmp_path, demo_head_obj, astronaut
):
    request = Generate(
        "unlit",
        str(astronaut),
        str(tmp_path / "unlit.png"),
        mesh=str(demo_head_obj),
        size=512,
        light="remove",
        provenance=str(tmp_path / "provenance.png"),
    )
    generate(request, lambda stage, fraction: None, lambda: False)
    unlit, lit = (read(folder / "provenance.png")[..., 0] for folder in (tmp_path, result))
    assert np.array_equal(unlit, lit)
    photo = unlit > 0.99
    change = np.abs(read(tmp_path / "unlit.png") - read(result / "texture.png"))[photo]
    assert 0.02 < change.mean() < 0.2


def test_the_same_seed_gives_the_same_texture(result, tmp_path, demo_head_obj, astronaut):
    output = str(tmp_path / "again.png")
    request = Generate(
        "again", str(astronaut), output, mesh=str(demo_head_obj), size=512, expression="keep", light="keep"
    )
    generate(request, lambda stage, fraction: None, lambda: False)
    assert np.abs(read(tmp_path / "again.png") - read(result / "texture.png")).max() <= 1 / 255


def test_a_base_texture_is_kept_outside_the_head(tmp_path, demo_head_obj, astronaut):
    base = np.random.default_rng(0).random((512, 512, 3)).astype(np.float32)
    write_picture(tmp_path / "base.png", base)
    request = Generate(
        "base",
        str(astronaut),
        str(tmp_path / "out.png"),
        mesh=str(demo_head_obj),
        size=512,
        base_texture=str(tmp_path / "base.png"),
        provenance=str(tmp_path / "p.png"),
    )
    generate(request, lambda stage, fraction: None, lambda: False)
    out, untouched = read(tmp_path / "out.png"), read(tmp_path / "p.png").max(2) == 0
    near = cv2.dilate((~untouched).astype(np.uint8), np.ones((35, 35))) > 0
    assert (~near).sum() > 500
    assert np.abs(out - read(tmp_path / "base.png"))[~near].max() < 1.5 / 255


def test_cancelling_writes_nothing(tmp_path, demo_head_obj, astronaut):
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 6

    request = Generate("stop", str(astronaut), str(tmp_path / "out.png"), mesh=str(demo_head_obj), size=512)
    with pytest.raises(Cancelled):
        generate(request, lambda stage, fraction: None, cancelled)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"portrait": "nowhere.png"}, ErrorCode.PORTRAIT_MISSING),
        ({"mesh": "nowhere.obj"}, ErrorCode.NO_MESH),
        ({"mesh": ""}, ErrorCode.NO_MESH),
        ({"size": 1000}, ErrorCode.BAD_REQUEST),
        ({"light": "dim"}, ErrorCode.BAD_REQUEST),
        ({"style": "baroque"}, ErrorCode.BAD_REQUEST),
        ({"base_texture": "nowhere.png"}, ErrorCode.BAD_REQUEST),
    ],
)
def test_refusals_name_a_code_and_a_cure(tmp_path, demo_head_obj, astronaut, options, code):
    settings = {"portrait": str(astronaut), "mesh": str(demo_head_obj), "output": str(tmp_path / "out.png")} | options
    with pytest.raises(AvatarTexError) as refusal:
        generate(Generate(job="x", **settings), lambda stage, fraction: None, lambda: False)
    assert refusal.value.code == code and refusal.value.cure.endswith(".")
    assert not list(tmp_path.iterdir())


def test_a_refusal_on_the_command_line_is_one_sentence_and_a_code(tmp_path, demo_head_obj):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "backend",
            "generate",
            "--mesh",
            str(demo_head_obj),
            "--portrait",
            str(tmp_path / "no.png"),
            "--output",
            str(tmp_path / "out.png"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert done.returncode == 2 and len(errors) == 1 and "[portrait-missing]" in errors[0]
    assert not (tmp_path / "out.png").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_leaves_no_broken_file(tmp_path, monkeypatch):
    import builtins

    real = builtins.open
    monkeypatch.setattr(
        builtins, "open", lambda path, mode="r", *a, **k: real("/dev/full" if "w" in mode else path, mode, *a, **k)
    )
    with pytest.raises(AvatarTexError) as refusal:
        write_picture(tmp_path / "out.png", np.zeros((8, 8, 3)))
    assert refusal.value.code == ErrorCode.OUTPUT_NOT_WRITTEN and not (tmp_path / "out.png").exists()


def test_messages_survive_the_wire():
    request = Generate("a", "portrait \n ä.png", "out.png", mesh="head.obj", seed=3)
    assert decode(encode(request)) == request and "\n" not in encode(request)
    with pytest.raises(AvatarTexError):
        decode('{"type":"generate","nonsense":1}')
