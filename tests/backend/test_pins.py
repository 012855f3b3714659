"""Pins: read, refused, correcting a wrong registration, standing in for faces that nobody finds."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from backend.__main__ import main
from backend.errors import AvatarTexError, ErrorCode
from backend.head.landmarks import find_head_landmarks
from backend.head.match import find_face_or_pins, match, match_found
from backend.head.mesh import HeadMesh, load_mesh
from backend.head.pinning import bend, stretch
from backend.head.reread import compare
from backend.imaging.files import write_picture
from backend.lab.evaluation.truth import TruthCase, render_truth
from backend.messages import Generate, Register, Registered
from backend.pins import NAMES, NEEDED, Pin, parse_pins, read_pins
from backend.pipeline import generate
from backend.portrait.decode import Portrait, decode_portrait
from backend.recall import forget_all
from backend.registering import register_only
from backend.wire import decode, encode

FOUR = ("right_eye_outer", "left_eye_outer", "nose_tip", "chin")


@pytest.fixture(scope="module")
def mesh(demo_head_obj) -> HeadMesh:
    return load_mesh(demo_head_obj)


@pytest.fixture(scope="module")
def landmarks(mesh):
    return find_head_landmarks(mesh)


@pytest.fixture(scope="module")
def truth(mesh, landmarks):
    """A rendered portrait of a known camera, turned; noise over a tone, so that it is no flat cartoon."""
    random = np.random.default_rng(1)
    texture = np.clip(np.array((0.75, 0.55, 0.45)) + random.normal(0, 0.02, (256, 256, 1)), 0, 1).astype(np.float32)
    case = TruthCase("x", "", "", "", 18, 3, "soft", (0.3, 0.6, 0.8), (0.3, 0.5, 0.6))
    return render_truth(mesh, landmarks, texture, case, 512)


@pytest.fixture(scope="module")
def portrait(truth, tmp_path_factory) -> Portrait:
    path = tmp_path_factory.mktemp("portrait") / "portrait.png"
    write_picture(path, truth.color)
    return decode_portrait(path)


@pytest.fixture
def blind(monkeypatch):
    """No detector sees anything: blind('portrait'), blind('head')."""

    forget_all()  # earlier tests asked for the same head and portrait

    def choose(side: str) -> None:
        def nothing(mesh, step):
            raise AvatarTexError(ErrorCode.NO_FACE_ON_HEAD, "No face was found on 'x'.", "Select the face.")

        if side == "portrait":
            monkeypatch.setattr("backend.head.match.find_faces", lambda image: [])
            monkeypatch.setattr("backend.portrait.faces.find_faces", lambda image: [])
        else:
            monkeypatch.setattr("backend.head.match.find_head_landmarks", nothing)

    return choose


def true_pins(truth, landmarks, names=FOUR, *, portrait=True, head=True) -> list[Pin]:
    points = {name: landmarks.points[NAMES[name][0]] for name in names}
    return [
        Pin(name, tuple(truth.project(point)[0]) if portrait else None, tuple(point) if head else None)
        for name, point in points.items()
    ]


def median_error(registration, truth, landmarks) -> float:
    """Of trusted landmarks, in face heights."""
    points = landmarks.points[landmarks.trust > 0.3]
    away = np.linalg.norm(registration.project(points)[0] - truth.project(points)[0], axis=1)
    return float(np.median(away)) / registration.face_height


def test_pins_are_written_as_they_are_read(tmp_path):
    pins = [Pin("chin", (1.5, 2.25), (0.1, 0.2, 0.3)), Pin("nose_tip", (3, 4)), Pin("left_ear", None, (1, 2, 3))]
    entries = [pin.as_json() for pin in pins]
    assert parse_pins(entries) == pins
    for body in (entries, {"pins": entries, "note": "a report"}):
        (tmp_path / "pins.json").write_text(json.dumps(body))
        assert read_pins(tmp_path / "pins.json") == entries
    request = Register("a", "p.png", mesh="h.obj", pins=entries)
    assert decode(encode(request)) == request and isinstance(decode(encode(Registered("a"))), Registered)


@pytest.mark.parametrize(
    ("entries", "named"),
    [
        ([{"name": "third_eye", "portrait": [1, 2]}], "third_eye"),
        ([{"portrait": [1, 2]}], "Pin 1"),
        ([{"name": "chin"}], "neither"),
        ([{"name": "chin", "portrait": [1]}], "2 numbers"),
        ([{"name": "chin", "head": [1, 2, float("nan")]}], "3 numbers"),
        ([{"name": "chin", "portrait": ["1", 2]}], "2 numbers"),
        ([{"name": "chin", "portrait": [1, 2]}] * 2, "twice"),
        ([{"name": "chin", "portait": [1, 2]}], "portait"),
        ({"chin": [1, 2]}, "no list"),
        (["chin"], "Pin 1"),
    ],
)
def test_bad_pins_are_refused_by_name(entries, named):
    with pytest.raises(AvatarTexError) as refusal:
        parse_pins(entries)
    assert refusal.value.code is ErrorCode.BAD_PINS and named in refusal.value.message and refusal.value.cure


@pytest.mark.parametrize("text", [None, "", "{", '{"points": []}', "[1]"])
def test_bad_pins_files_are_refused(tmp_path, text):
    if text is not None:
        (tmp_path / "pins.json").write_text(text)
    with pytest.raises(AvatarTexError) as refusal:
        read_pins(tmp_path / "pins.json")
    assert refusal.value.code is ErrorCode.BAD_PINS


def test_a_bent_face_passes_through_its_pins_and_keeps_the_rest(landmarks):
    index = np.array([61, 291])
    targets = landmarks.points[index] + (0, 0.1 * landmarks.height, 0)
    moved = bend(landmarks.points, index, targets)
    assert np.allclose(moved[index], targets)
    assert np.linalg.norm(moved[[33, 263]] - landmarks.points[[33, 263]], axis=1).max() < 0.02 * landmarks.height
    lips = np.linalg.norm(moved[[78, 308]] - landmarks.points[[78, 308]], axis=1)
    assert lips.min() > 0.08 * landmarks.height
    stretched = stretch(landmarks.points, index, targets)
    assert np.allclose(stretched[index], targets)
    assert np.linalg.norm(stretched[0] - landmarks.points[0]) > 0.08 * landmarks.height


@pytest.fixture
def stubborn(monkeypatch):
    """A network that repeats its error when it looks at the portrait again."""

    def keep(*arguments, free, skin_prior):
        return compare(*arguments, free=False, skin_prior=skin_prior)

    monkeypatch.setattr("backend.head.register.compare", keep)


def test_a_portrait_that_was_misread_is_read_again(mesh, landmarks, truth, portrait):
    face, _ = find_face_or_pins(portrait, [])
    wrong = face.points + np.float32([0.03 * face.size, 0, 0])
    found = match_found(mesh, portrait, [], type(face)(wrong, face.presence, face.box), landmarks).registration
    goal, _ = truth.project(landmarks.points)
    away = np.linalg.norm(found.project(landmarks.points)[0] - goal, axis=1)[landmarks.trust > 0.5]
    assert np.median(away) < 0.01 * found.face_height


def test_pins_correct_a_wrong_face(mesh, landmarks, truth, portrait, stubborn):
    """The detector is off by a tenth of the face at the mouth; pins at its corners and the lips bring it back."""
    face, _ = find_face_or_pins(portrait, [])
    wrong = face.points.copy()
    mouth = [i for i in range(468) if landmarks.points[i, 1] < landmarks.points[[61, 291], 1].mean() + 0.05]
    wrong[mouth, 0] += 0.1 * face.size
    wrong_face = type(face)(wrong, face.presence, face.box)
    without = match_found(mesh, portrait, [], wrong_face, landmarks).registration
    names = ("mouth_right", "mouth_left", "upper_lip", "lower_lip", "chin")
    pins = true_pins(truth, landmarks, names, head=False)
    pinned = match_found(mesh, portrait, pins, wrong_face, landmarks).registration
    lips = [61, 291, 0, 17, 13, 14]
    goal, _ = truth.project(landmarks.points[lips])
    before, after = (
        np.linalg.norm(one.project(landmarks.points[lips])[0] - goal, axis=1).mean() / one.face_height
        for one in (without, pinned)
    )
    assert before > 0.05 and after < 0.02


@pytest.mark.parametrize("head", [True, False])
def test_the_registration_passes_through_pins(mesh, landmarks, truth, portrait, head):
    """Also where they contradict each other and what was found, and where only the portrait's side is set."""
    pins = true_pins(truth, landmarks, head=head)
    moved = [
        Pin(pin.name, (pin.portrait[0] + dx, pin.portrait[1] + dy), pin.head)
        for pin, (dx, dy) in zip(pins, ((8, 0), (-8, 5), (0, 9), (6, -6)), strict=True)
    ]
    registration = match(mesh, portrait, moved).registration
    for pin in moved:
        place, _ = registration.project(landmarks.points[[pin.landmark]])
        assert np.linalg.norm(place[0] - pin.portrait) < 1.0


def test_pins_mean_another_face_than_the_one_found(mesh, landmarks, truth, portrait):
    """A face that was found beside the real one is dropped for four pins."""
    face, _ = find_face_or_pins(portrait, [])
    registration = match_found(
        mesh, portrait, true_pins(truth, landmarks, head=False), face.shifted(0.5 * face.size, 0), landmarks
    ).registration
    assert median_error(registration, truth, landmarks) < 0.03


def test_four_pins_stand_in_for_a_portraits_face(mesh, landmarks, truth, portrait, blind):
    blind("portrait")
    found = match(mesh, portrait, true_pins(truth, landmarks, head=False))
    assert median_error(found.registration, truth, landmarks) < 0.03
    assert found.face.presence == 0 and "pins" in found.warnings[0]
    assert abs(found.registration.angles[0]) > 8  # the true yaw is 18


def test_four_pins_stand_in_for_a_heads_face(mesh, landmarks, truth, portrait, blind):
    blind("head")
    found = match(mesh, portrait, true_pins(truth, landmarks, portrait=False))
    inner = landmarks.trust > 0.5
    away = np.linalg.norm(found.head.points - landmarks.points, axis=1)[inner]
    assert np.median(away) < 0.05 * landmarks.height
    assert median_error(found.registration, truth, landmarks) < 0.03


def test_four_pins_on_both_sides_stand_in_for_both(mesh, landmarks, truth, portrait, blind):
    blind("portrait")
    blind("head")
    assert median_error(match(mesh, portrait, true_pins(truth, landmarks)).registration, truth, landmarks) < 0.03


def test_a_texture_is_made_where_nothing_is_found(tmp_path, demo_head_obj, landmarks, truth, portrait, blind):
    blind("portrait")
    blind("head")
    request = Generate(
        "x",
        str(portrait.path),
        str(tmp_path / "out.png"),
        mesh=str(demo_head_obj),
        size=512,
        report=str(tmp_path / "report.json"),
        pins=[pin.as_json() for pin in true_pins(truth, landmarks)],
    )
    generate(request, lambda stage, fraction: None, lambda: False)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["texels"]["photo"] > 0.05 and len(report["pins"]) == 4
    assert 0.2 < report["registration"]["coverage"] <= 1 and report["registration"]["sentence"].endswith(".")


@pytest.mark.parametrize(
    ("side", "code"), [("portrait", ErrorCode.NO_FACE_IN_PORTRAIT), ("head", ErrorCode.NO_FACE_ON_HEAD)]
)
@pytest.mark.parametrize("count", [0, NEEDED - 1])
def test_too_few_pins_are_counted(mesh, landmarks, truth, portrait, blind, side, code, count):
    blind(side)
    with pytest.raises(AvatarTexError) as refusal:
        match(mesh, portrait, true_pins(truth, landmarks, FOUR[:count]))
    assert refusal.value.code is code and "at least 4 pins" in refusal.value.cure
    assert (f"{count} of the 4 pins" in refusal.value.message) == (count > 0)


def test_exchanged_sides_and_pins_in_one_spot_are_refused(mesh, landmarks, truth, portrait, blind):
    blind("portrait")
    pins = true_pins(truth, landmarks, (*FOUR[:2], "mouth_left", "mouth_right"), head=False)
    mirrored = [Pin(pin.name, pins[other].portrait) for pin, other in zip(pins, (1, 0, 3, 2), strict=True)]
    for bad, word in ((mirrored, "mirrored"), ([Pin(name, (9.0, 9.0)) for name in FOUR], "one spot")):
        with pytest.raises(AvatarTexError) as refusal:
            match(mesh, portrait, bad)
        assert refusal.value.code is ErrorCode.BAD_PINS and word in refusal.value.message


def test_register_tells_points_overlay_and_score(tmp_path, demo_head_obj, landmarks, truth, portrait):
    answer = register_only(
        Register(
            "x",
            str(portrait.path),
            mesh=str(demo_head_obj),
            overlay=str(tmp_path / "o.png"),
            picture=str(tmp_path / "p.png"),
        )
    )
    assert not answer.code and 0.5 < answer.score <= 1 and answer.width == answer.height == 512
    points = {pin.name: pin for pin in parse_pins(answer.points)}
    assert set(points) == set(NAMES)
    goal, _ = truth.project(landmarks.points[4])
    assert np.linalg.norm(np.array(points["nose_tip"].portrait) - goal) < 0.05 * answer.face_height
    assert np.linalg.norm(points["nose_tip"].head - landmarks.points[4]) < 0.05 * landmarks.height
    plain, drawn = cv2.imread(str(tmp_path / "p.png")), cv2.imread(str(tmp_path / "o.png"))
    assert plain.shape == drawn.shape and (np.abs(plain.astype(int) - drawn).max(2) > 30).mean() > 0.02


def test_register_offers_points_where_nothing_is_found(tmp_path, mesh, demo_head_obj, portrait, blind):
    blind("portrait")
    blind("head")
    answer = register_only(Register("x", str(portrait.path), mesh=str(demo_head_obj), overlay=str(tmp_path / "o.png")))
    assert answer.code == ErrorCode.NO_FACE_IN_PORTRAIT and len(answer.points) == len(NAMES)
    points = parse_pins(answer.points)
    assert all(0 < x < 512 and 0 < y < 512 for x, y in (pin.portrait for pin in points))
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    assert all((low - 0.1 <= pin.head).all() and (pin.head <= high + 0.1).all() for pin in points)
    assert (tmp_path / "o.png").is_file()


def test_a_doubtful_registration_is_refused_only_when_asked(tmp_path, demo_head_obj, portrait):
    request = Generate(
        "x", str(portrait.path), str(tmp_path / "out.png"), mesh=str(demo_head_obj), size=512, least_score=1.1
    )
    with pytest.raises(AvatarTexError) as refusal:
        generate(request, lambda stage, fraction: None, lambda: False)
    assert refusal.value.code is ErrorCode.LOW_SCORE and not (tmp_path / "out.png").exists()


def test_a_region_that_is_off_is_told(mesh, landmarks, portrait, stubborn):
    face, _ = find_face_or_pins(portrait, [])
    wrong = face.points.copy()
    eye = [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7]
    wrong[eye, 1] += 0.08 * face.size
    found = match_found(mesh, portrait, [], type(face)(wrong, face.presence, face.box), landmarks)
    assert found.quality.sentence.startswith("The right eye is ") and "mm off: add pins" in found.quality.sentence
    straight = match_found(mesh, portrait, [], face, landmarks).quality
    assert straight.sentence.startswith("The landmarks fit within") and straight.score > 0.5


def test_the_command_line_registers(tmp_path, demo_head_obj, portrait, truth, landmarks, capsys):
    (tmp_path / "pins.json").write_text(json.dumps([pin.as_json() for pin in true_pins(truth, landmarks)]))
    code = main(
        [
            "register",
            "--mesh",
            str(demo_head_obj),
            "--portrait",
            str(portrait.path),
            "--overlay",
            str(tmp_path / "o.png"),
            "--pins",
            str(tmp_path / "pins.json"),
            "--report",
            str(tmp_path / "r.json"),
        ]
    )
    report = json.loads((tmp_path / "r.json").read_text())
    assert code == 0 and "score" in capsys.readouterr().out and (tmp_path / "o.png").is_file()
    assert len(report["points"]) == len(NAMES) and len(report["pins"]) == 4 and report["landmarks"]["error_px"] > 0
    (tmp_path / "pins.json").write_text("[")
    code = main(
        [
            "register",
            "--mesh",
            str(demo_head_obj),
            "--portrait",
            str(portrait.path),
            "--pins",
            str(tmp_path / "pins.json"),
        ]
    )
    assert code == 2 and "[bad-pins]" in capsys.readouterr().err
