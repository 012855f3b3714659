"""What the last job made of its head and portrait is kept, and nothing else is taken for it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from backend import pipeline, recall, registering
from backend.head.mesh import load_mesh
from backend.messages import Generate, Register
from backend.pins import Pin


def test_an_answer_is_made_once_while_the_same_is_asked():
    recall.Recall.news = 0
    kept, made = recall.Recall(), []
    for key in ("a", "a", "b", "a"):
        assert kept.get(key, lambda key=key: made.append(key) or key) == key
    assert made == ["a", "b", "a"]
    with pytest.raises(ZeroDivisionError):
        kept.get("c", lambda: 1 / 0)
    assert kept.get("c", lambda: 3) == 3
    recall.forget_all()
    assert kept.get("c", lambda: 4) == 4


def test_a_batch_is_not_kept_and_who_comes_back_is():
    """The fourth character of a batch and all after it; the artist's next texture but one is quick again."""
    head, atlas, made = recall.Recall(), recall.Recall(), []

    def ask(key):
        for one in (head, atlas):
            one.get(key, lambda: made.append(key) or [key])
        return [one._kept is not None for one in (head, atlas)]

    recall.Recall.news = 0
    batch = [ask(f"character {number}") for number in range(10)]
    assert batch == [[True, True]] * 4 + [[False, False]] * 6
    assert ask("own") == [False, False]
    assert ask("own") == ask("own") == [True, True]
    assert made.count("own") == 4
    for style in range(10):  # the head stays
        head.get("own", list)
        atlas.get(f"own {style}", list)
        assert atlas._kept


def test_fingerprints_tell_by_what_things_hold(demo_head_obj, tmp_path):
    mesh, again = load_mesh(demo_head_obj), load_mesh(demo_head_obj)
    assert recall.fingerprint(mesh, [Pin("chin")]) == recall.fingerprint(again, [Pin("chin")])
    moved = replace(mesh, vertices=mesh.vertices + np.float32([0, 0, 1e-4]))
    files = tmp_path / "one.png", tmp_path / "two.png"
    for number, path in enumerate(files):
        path.write_bytes(bytes([number]))
    told = [
        recall.fingerprint(*things)
        for things in (
            (mesh,),
            (moved,),
            (mesh, []),
            (mesh, [Pin("chin", (1.0, 2.0))]),
            (mesh, [Pin("chin", (1.0, 2.5))]),
            (mesh, np.zeros(4)),
            (mesh, np.zeros((2, 2))),
            *((mesh, path) for path in files),
        )
    ]
    assert len(set(told)) == len(told)


@pytest.mark.slow
def test_a_head_is_registered_once_for_looking_and_for_each_texture(demo_head_obj, astronaut, tmp_path, monkeypatch):
    """Whatever was asked in between: the third texture is the first one to the last bit."""
    recall.forget_all()
    recall.Recall.news = 0
    asked, real = [], pipeline.match
    for module in (pipeline, registering):
        monkeypatch.setattr(module, "match", lambda *arguments: asked.append(1) or real(*arguments))
    other = tmp_path / "mirrored.png"
    cv2.imwrite(str(other), cv2.imread(str(astronaut))[:, ::-1])

    def generate(name, portrait, **options):
        path = tmp_path / f"{name}.png"
        request = Generate(name, str(portrait), str(path), mesh=str(demo_head_obj), size=512, **options)
        pipeline.generate(request, lambda stage, fraction: None, lambda: False)
        return path.read_bytes()

    registering.register_only(Register("look", str(astronaut), mesh=str(demo_head_obj)))
    first = generate("first", astronaut)
    assert generate("bare", astronaut, hair="bare") != first and len(asked) == 1
    assert generate("kept", astronaut, expression="keep") != first and len(asked) == 1
    assert generate("other", other) != first and len(asked) == 2
    assert generate("again", astronaut) == first and len(asked) == 3
    assert generate("warm", astronaut) == first and len(asked) == 3
    pins = [{"name": "nose_tip", "portrait": [250.0, 150.0]}]
    assert generate("pinned", astronaut, pins=pins) != first and len(asked) == 4
