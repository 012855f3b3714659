"""The faces of the portrait in the panel: asked of the backend, framed, chosen by a pin."""

from __future__ import annotations

import json
import os
import stat
import sys

import numpy as np
import pytest

from backend.imaging.files import encode_preview

#: Two faces of a picture of 400 x 200 pixels, the larger one on the left.
BOXES = ((40, 40, 140, 160), (280, 60, 340, 130))
NOSES = ((90.0, 100.0), (310.0, 95.0))


def answer() -> str:
    faces = [
        {
            "box": box,
            "points": [{"name": "nose_tip", "portrait": nose}, {"name": "chin", "portrait": (nose[0], box[3])}],
        }
        for box, nose in zip(BOXES, NOSES, strict=True)
    ]
    return json.dumps({"width": 400, "height": 200, "faces": faces})


@pytest.fixture
def two(addon):
    picture = encode_preview(np.full((200, 400, 3), 0.5, np.float32), 256)
    return addon("core.found_faces").read_answer(answer(), picture)


def test_the_largest_is_used_until_a_pin_says_otherwise(two):
    assert two.choose({}) == 0
    assert two.choose({"nose_tip": NOSES[1]}) == 1 and two.choose({"nose_tip": (95.0, 100.0)}) == 0
    assert two.choose({"right_ear": NOSES[1]}) == 0  # a point that no face tells


def test_choosing_pins_its_nose_and_lifts_the_others(scene, addon, two):
    frames, pins = addon("jobs.portrait_faces"), addon("scene.pins")
    head = scene.head
    pins.set_pin(head, "chin", (90, 160), "//pair.png", (0, 0, 1))
    pins.set_pin(head, "mouth_left", (5, 5), "//other.png")
    frames.use_face(head, two, 1, "//pair.png")
    assert frames.find_used(two, "//pair.png", head) == 1
    wired = {pin["name"]: pin for pin in pins.wire_pins(head, "//pair.png")}
    assert wired["nose_tip"]["portrait"] == list(NOSES[1])
    assert "portrait" not in wired["chin"] and "head" in wired["chin"]  # its place on the head stays
    assert pins.find_pin(head, "mouth_left").has_2d  # another portrait's
    frames.use_face(head, two, 0, "//pair.png")
    assert frames.find_used(two, "//pair.png", head) == 0 and pins.find_pin(head, "nose_tip") is None


def test_the_used_face_is_framed_otherwise(addon, two):
    frames = addon("jobs.portrait_faces")
    pixels = np.full((100, 200, 4), 128, np.uint8)
    for face, style in zip(two.faces, (frames.USED, frames.OTHER), strict=True):
        frames.draw_frame(pixels, face, 0.5, *style)
    assert (pixels[50, 10:25, :3] == frames.USED[0]).all(-1).sum() == 4  # left of the left face's box at x = 20
    assert (pixels[50, 30:60] == 128).all() and (pixels[45, 142:165] == 128).all()  # faces stay as they are
    assert (pixels[45, 130:145, :3] == frames.OTHER[0]).all(-1).sum() == 2


@pytest.mark.parametrize("used", [0, 1])
def test_the_icon_has_every_face_framed(addon, two, monkeypatch, used):
    frames, kept = addon("jobs.portrait_faces"), []
    monkeypatch.setattr(frames, "keep_icon", lambda name, pixels: kept.append((name, pixels)) or 7)
    assert frames.framed_icon(two, used, "pair") == 7
    (name, pixels), scale = kept[0], kept[0][1].shape[1] / two.width
    assert name == f"pair|{used}"
    for index, (left, top, right, bottom) in enumerate(BOXES):
        row = pixels[::-1][round((top + bottom) / 2 * scale), : round((left + right) / 2 * scale)]
        colour = (frames.USED if index == used else frames.OTHER)[0]
        assert (row[:, :3] == colour).all(-1).sum() >= 2


def test_an_answer_that_is_none_is_logged(addon, tmp_path):
    faces, log = addon("core.found_faces"), addon("core.log").BackendLog(tmp_path / "log.txt")
    for body in ("raise SystemExit('no such command')", "print('ready')", "print('{\"faces\": 3}')"):
        assert faces.look_for_faces([sys.executable, "-c", body], "x.png", log) is None
    log.close()
    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert "no such command" in lines[0] and len(lines) == 3


def test_the_panel_asks_once_and_knows_then(scene, addon, tmp_path, monkeypatch):
    module, portrait = addon("jobs.portrait_faces"), tmp_path / "pair.png"
    portrait.write_bytes(b"x")
    script = tmp_path / "python"
    words = ("echo x >> asked", "for last; do :; done", 'cp p.bmp "$last"', "cat a")
    script.write_text("\n".join(("#!/bin/sh", f"cd '{tmp_path}'", *words)))
    script.chmod(script.stat().st_mode | stat.S_IEXEC)
    (tmp_path / "a").write_text(answer())
    (tmp_path / "p.bmp").write_bytes(encode_preview(np.zeros((200, 400, 3), np.float32), 256))
    monkeypatch.setitem(os.environ, "AVATARTEX_BACKEND_PYTHON", str(script))
    assert module.find_faces(str(portrait)) is None
    for _ in range(2):
        while module.watch_look() is not None:
            if module._chore is not None:
                module._chore.join()
    assert len(module.find_faces(str(portrait)).faces) == 2
    assert (tmp_path / "asked").read_text() == "x\n"
    os.utime(portrait, ns=(1, 1))  # the file is another one now
    assert module.find_faces(str(portrait)) is None
