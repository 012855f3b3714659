"""The shell: hair is followed beyond the outline, and what is not seen goes on."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from backend import pipeline, refusals
from backend.compose.shell_picture import paint_shell
from backend.errors import AvatarTexError
from backend.head.atlas import map_atlas, to_atlas
from backend.head.mesh import HeadMesh, load_mesh
from backend.head.shell import ENDS, HAIR, at_vertices, come_down, find_thickness, outward, push_out
from backend.head.visibility import grazing_confidence
from backend.imaging.files import encode_picture
from backend.imaging.sample import sample, sample_atlas
from backend.lab.prepared import prepare_head
from backend.messages import Generate
from backend.observation.covering import Evidence
from backend.observation.observe import SURE
from backend.observation.shell_cover import (
    ShellView,
    alpha_at,
    believe,
    continue_colour,
    continue_shell,
    cover_of,
    share_alpha,
)
from backend.observation.views import View
from backend.outputs import shell_files
from tests.backend.test_photographed import PIXELS, SIZE, observed, view_of

#: Canonical places: the crown, the back of the head, the nose's tip, a cheek.
CROWN, BACK, NOSE, CHEEK = (0, 0.62, 0.05), (0, 0.2, -0.6), (0, -0.02, 0.55), (0.2, -0.1, 0.4)
RADIUS = 0.5


@pytest.fixture(scope="module")
def ball() -> SimpleNamespace:
    """A sphere about the head's middle, in canonical coordinates; seen from far before it, a unit is 100 pixels."""
    rows, columns = 40, 80
    latitude = np.linspace(-np.pi / 2, np.pi / 2, rows + 1)[:, None]
    longitude = np.linspace(-np.pi, np.pi, columns + 1)[None]
    points = np.stack(
        np.broadcast_arrays(
            np.cos(latitude) * np.sin(longitude), np.sin(latitude) + 0 * longitude, np.cos(latitude) * np.cos(longitude)
        ),
        -1,
    ).reshape(-1, 3)
    first = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)[None]).ravel()
    a, b, c, d = first, first + 1, first + columns + 2, first + columns + 1
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    vertices = (RADIUS * points).astype(np.float32)
    mesh = HeadMesh(vertices, triangles, np.zeros((len(triangles), 3, 2), np.float32), "ball")
    layout = map_atlas(mesh, vertices, 256)
    seen = SimpleNamespace(
        project=lambda places: (places[..., :2] * (100, -100) + 200, -places[..., 2]),
        camera=SimpleNamespace(position=np.array([0, 0, 1000.0])),
    )
    return SimpleNamespace(mesh=mesh, layout=layout, normals=points.astype(np.float32), seen=seen)


def around(pixels: np.ndarray, reach: float, notched: bool = False) -> np.ndarray:
    """1 within the reach (canonical) of the ball's middle, but for a narrow notch on the right."""
    x, y = (pixels[..., 0] - 200) / 100, (pixels[..., 1] - 200) / 100
    notch = notched & (x > 0) & (np.abs(y) < 0.06) & (x > RADIUS + 0.02)
    return ((np.hypot(x, y) < reach) & ~notch).astype(np.float32)


def test_the_shell_lies_outside_along_the_normals(ball):
    directions = outward(ball.layout, ball.mesh, ball.normals)
    near_poles = np.abs(ball.mesh.vertices[:, 1]) > 0.4
    assert (np.einsum("nc,nc->n", directions, ball.normals)[~near_poles] > 0.98).all()
    pushed = push_out(ball.mesh, ball.normals, np.full(len(ball.normals), 0.2, np.float32))
    assert np.allclose(np.linalg.norm(pushed.vertices, axis=1), RADIUS + 0.2, atol=1e-5)
    assert pushed.corner_uvs is ball.mesh.corner_uvs and pushed.triangles is ball.mesh.triangles


def thickness(ball, standing) -> np.ndarray:
    return find_thickness(ball.layout, ball.mesh, ball.normals, 1.0, [(ball.seen, standing)])


def at(atlas: np.ndarray, *place: float) -> float:
    return float(sample_atlas(atlas, to_atlas(np.array([place])))[0])


def test_hair_is_as_thick_as_it_stands_beyond_the_outline(ball):
    found = thickness(ball, lambda pixels: around(pixels, RADIUS + 0.2))
    assert abs(at(found, 0, 1, 0.2) - 0.2) < 0.03 and abs(at(found, 1, 0.2, 0.1) - 0.2) < 0.03
    assert at(found, 0, 0, -1) < 0.15  # far from every outline it is what hair is as a rule


def test_nothing_is_thicker_than_what_is_seen_of_it(ball):
    found = thickness(ball, lambda pixels: around(pixels, RADIUS + 0.3, notched=True))
    assert at(found, 1, 0, 0.05) < 0.09 < 0.25 < at(found, -1, 0, 0.05)


def test_a_further_portrait_tells_what_the_first_does_not_show(ball):
    """From the side: at the back hair is 0.2 thick; the crown and the front, which both show, stay the first one's."""
    side = SimpleNamespace(
        project=lambda places: (places[..., 2:0:-1] * (100, -100) + 200, -places[..., 0]),
        camera=SimpleNamespace(position=np.array([1000.0, 0, 0])),
    )
    shown = [
        (ball.seen, lambda pixels: around(pixels, RADIUS + 0.3)),
        (side, lambda pixels: around(pixels, RADIUS + 0.2)),
    ]
    alone, both = (find_thickness(ball.layout, ball.mesh, ball.normals, 1.0, shown[:count]) for count in (1, 2))
    assert at(alone, 0, 0.1, -1) < 0.15 and abs(at(both, 0, 0.1, -1) - 0.2) < 0.03
    for place in ((0.1, 1, 0.1), (0, 0.3, 1)):
        assert abs(at(both, *place) - at(alone, *place)) < 0.01, place
    assert at(alone, 0.1, 1, 0.1) > 0.25


def portrait(registration: SimpleNamespace, hair: float, person: float) -> View:
    """400 x 400 pixels of so much hair, and so surely of a person."""
    whole = np.ones((400, 400), np.float32)
    seen = replace(observed(np.ones((SIZE, SIZE), bool), 0.5), mask=whole)
    return replace(view_of(seen, registration, hair=hair * whole), person=person * whole)


def test_whatever_covers_the_head_stands_off_it_and_a_faint_border_does_not():
    seen, parts = observed(np.ones((SIZE, SIZE), bool), 0.5), {}
    for number, name in enumerate(("hair", "facial_hair", "headwear", "glasses")):
        parts[name] = np.zeros_like(seen.mask)
        parts[name][10 * number] = 1
        parts[name][10 * number + 5] = 0.3
    standing = cover_of(replace(view_of(seen), masks=parts))
    assert np.flatnonzero(standing.any(1)).tolist() == [0, 10, 20, 30] and standing.max() == 1


def test_further_portraits_are_not_believed_at_their_outline(ball):
    """The shell is as thick as the first one's outline says: past the edge of its hair another one sees the wall."""
    registration = SimpleNamespace(
        project=ball.seen.project,
        confidence=lambda points, normals, pixels, depth, hair: grazing_confidence(np.full(len(points), 0.35), hair),
    )
    place = np.array([[0, 0.5, 0.1]])
    view = portrait(registration, 1.0, 1.0)
    further = replace(view, first=view.observation)
    lead, other = (alpha_at(one, place, place, place)[2][0] for one in (view, further))
    assert lead > 0.2 and other < 0.5 * lead


def test_a_wall_beside_a_further_portraits_hair_is_no_skin(ball):
    """Where the shell is thicker than that portrait's hair it looks past it: that is no hole on the crown."""
    registration = SimpleNamespace(
        project=ball.seen.project, confidence=lambda points, normals, pixels, depth, hair: np.ones(len(points))
    )
    place, sure = np.array([[0, 0.5, 0.1]]), []
    for person in (0.0, 1.0):
        view = portrait(registration, 0.0, person)
        sure.append(alpha_at(replace(view, first=view.observation), place, place, place)[2][0])
    assert sure[0] < 0.01 and sure[1] > 0.99


def shown(hair: np.ndarray, sure: float | np.ndarray, tone: float = 0.3) -> ShellView:
    """What a portrait shows of hair, (SIZE,SIZE) 0..1, in so light a tone, and how surely."""
    view = view_of(observed(hair > 0.5, tone), hair=np.ones((PIXELS, PIXELS), np.float32))
    sure = sure * np.ones((SIZE, SIZE), np.float32)
    return ShellView(view, Evidence(sure, hair.astype(np.float32), view.observation.unlit))


def test_what_the_first_portrait_contradicts_is_not_believed():
    """A lock that the further portrait's parse takes for skin stays; borders that lie a little apart are believed."""
    lock, none = np.zeros((2, SIZE, SIZE), np.float32)
    lock[24:40, 20:28] = 1
    doubted, alike = (
        believe([shown(lock, 0.4).evidence, shown(other, 1.0).evidence])[1] for other in (none, np.roll(lock, 1, 1))
    )
    assert doubted[32, 24] < 0.05 and doubted[50, 50] > 0.95 and alike[32, 24] > 0.95
    # what only the further one shows is not contradicted
    assert believe([shown(lock, 0.0).evidence, shown(none, 1.0).evidence])[1].min() > 0.95


def test_what_is_not_believed_gives_neither_alpha_nor_colour():
    whole = np.ones((SIZE, SIZE), np.float32)
    half = shown(whole, 0.8).trusted(0.5 * whole)
    assert half.evidence.sure.max() == pytest.approx(0.4) and half.view.observation.confidence.max() == 0.5
    assert half.evidence.shown.min() == 1


def test_the_first_portrait_keeps_the_alpha_of_what_it_shows_at_all():
    grazing, unseen, full = (np.array([value], np.float32) for value in (SURE, 0.0, 1.0))
    assert [float(share[0]) for share in share_alpha([grazing, full])] == [1, 0]
    assert [float(share[0]) for share in share_alpha([unseen, full])] == [0, 1]
    assert float(share_alpha([grazing])[0][0]) == pytest.approx(SURE)


def test_hair_goes_on_in_the_colour_of_the_portrait_that_shows_the_hair_beside_it():
    """The first portrait's hair is dark in front, the further one's light at the side; behind that side it is lighter
    than far away."""
    front, side = np.zeros((2, SIZE, SIZE), np.float32)
    front[10:20, 28:36], side[10:20, 44:52] = 1, 1
    lead, other = (shown(*of) for of in ((front, 1.0, 0.2), (side, 1.0, 0.6)))
    scalp = np.zeros((SIZE, SIZE), np.float32)
    scalp[:30] = 1
    alone, both = (continue_colour(views, scalp)[..., 1] for views in ([lead], [lead, other]))
    assert both[15, 54] > alone[15, 54] + 0.15 and both[15, 48] == pytest.approx(0.6, abs=0.02)
    assert np.abs(both - alone)[15, 4:28].max() < 0.03


def test_hats_stand_off_in_their_own_colour_as_hair_does():
    front, scalp = np.zeros((2, SIZE, SIZE), np.float32)
    front[10:20, 28:36], scalp[:30] = 1, 1
    lead = shown(front, 1.0, 0.7)
    hair = lead.view.masks["hair"]
    hatted = replace(lead, view=replace(lead.view, masks={**lead.view.masks, "hair": 0 * hair, "headwear": hair}))
    assert np.abs(continue_colour([hatted], scalp)[:30] - 0.7).max() < 0.02


def test_a_bald_outline_tells_nothing(ball):
    assert np.allclose(thickness(ball, lambda pixels: np.zeros(pixels.shape[:-1], np.float32)), HAIR, atol=1e-3)


def test_the_shell_comes_down_inside_of_hair_and_beside_rims():
    size = 256
    hair, rim = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    hair[:128], rim[150:152] = 1, 1
    thick = np.full((64, 64), 0.2, np.float32)
    of_hair, of_rim = come_down(thick, hair, 0.03)[:, 128], come_down(thick, rim, 0.03)[:, 128]
    assert of_hair[64] > 0.195 and of_hair[127] < 0.05 and of_hair[128 + round(4 * ENDS * size)] < 0.001
    assert 0.025 < of_rim[151] < 0.032 and of_rim[100] < 0.001
    assert np.abs(np.diff(of_hair)).max() < 0.05


def test_what_one_side_shows_the_other_has_too():
    beard, sure, scalp = np.zeros((3, SIZE, SIZE), np.float32)
    beard[40:56, 40:48] = 1
    sure[20:60, SIZE // 2 :] = 1
    seen = shown(beard, sure)
    seen = replace(seen, view=replace(seen.view, masks={name: 0 * of for name, of in seen.view.masks.items()}))
    colour, unseen, alpha = continue_shell([seen], scalp)
    assert alpha[48, 44] > 0.99 and alpha[48, SIZE - 1 - 44] > 0.99
    assert alpha[30, SIZE - 1 - 44] < 0.05 and alpha[30, 44] < 0.05 and alpha[5].max() < 0.05
    assert np.abs(colour - 0.3).max() < 0.01 and unseen.max() <= 1.001


def test_pictures_keep_alpha_and_grey():
    picture = np.random.default_rng(1).integers(0, 256, (8, 8, 4), np.uint8)
    for given in (picture, picture[..., 0]):
        stored = cv2.imdecode(np.frombuffer(encode_picture("a.png", given / 255), np.uint8), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(stored if given.ndim == 2 else stored[..., [2, 1, 0, 3]], given)


def test_names_beside_the_texture(tmp_path):
    assert shell_files("a/t.png") == ("a/t.shell.png", "a/t.height.png", "a/t.strands.png")
    assert shell_files("a/t.<UDIM>.png") == tuple(f"a/t.{name}.<UDIM>.png" for name in ("shell", "height", "strands"))
    output = str(tmp_path / "t.png")
    with pytest.raises(AvatarTexError, match="overwrite"):
        refusals.check_request(Generate("j", str(tmp_path / "t.shell.png"), output, mesh="head.obj", hair="picture"))


@pytest.mark.slow
def test_a_job_with_a_shell_has_skin_below_and_hair_above(demo_head_obj, astronaut):
    networks = pipeline.load_cached_networks("cpu")
    job = prepare_head(load_mesh(demo_head_obj), str(astronaut), "auto", networks, hair="picture")
    shell, height = job.shell, job.match.head.height
    assert shell is not None
    size = 256
    [picture] = paint_shell(job, size, 1.0, 0).values()
    alpha = picture.picture[..., 3]
    uvs = job.mesh.corner_uvs.reshape(-1, 2)
    canonical = job.mesh.corners(job.canonical).reshape(-1, 3)

    def found(place: tuple[float, float, float]) -> tuple[float, float]:
        """Alpha, and how far it lies off the skin, in face heights."""
        nearest = int(np.argmin(((canonical - place) ** 2).sum(1)))
        u, v = uvs[nearest]
        spot = np.array([[u * size, (1 - v) * size]], np.float32)
        return float(sample(alpha, spot)[0]), float(sample(picture.height, spot)[0] / height)

    for place, there in ((CROWN, True), (BACK, True), (NOSE, False), (CHEEK, False)):
        covered, off = found(place)
        assert (covered > 0.8 and 0.03 < off < 0.4) if there else (covered < 0.1 and off < 0.02), (place, covered, off)
    lie = 2 * picture.strands[..., :2][alpha > 0.8] - 1
    assert np.allclose(np.linalg.norm(lie, axis=1), 1, atol=1e-3) and (picture.strands[..., 2] > 0.5).mean() > 0.02
    small = picture.small(float(shell.thickness.max()))
    assert small.shape == (size, size, 3) and 0.8 < small[..., 0].max() <= 1 and small[..., 1].max() == 1
    assert np.allclose(at_vertices(np.ones((8, 8), np.float32), job.canonical), 1)
