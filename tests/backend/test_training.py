"""The linear prior's training on a made-up hub: what it writes, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from backend.lab.networks.generator import LATENT, LAYERS
from backend.lab.texhub.render import encoded
from backend.lab.texhub.shards import Shard, write_shard
from backend.lab.texhub.sources import SPLIT, Sources
from backend.lab.training import train
from backend.lab.training.folds import FOLDS, Textures, fit_canvas, shrunk
from backend.lab.untrained import untrained
from backend.models.bundle import FILES
from backend.networks.sizes import CANVAS, TEXELS

from . import synthetic_skins

pytestmark = pytest.mark.slow

EACH = 3


def texture(fold: int, number: int) -> tuple[dict[str, bytes], dict]:
    """Files and index line of a small drawn skin, enlarged."""
    skin = cv2.resize(synthetic_skins.drawn_skin(64, fold % 6, number % 2), (TEXELS, TEXELS)).astype(np.float32)
    random = np.random.default_rng([fold, number])
    skin = np.clip(
        skin * random.uniform(0.8, 1.2, 3)
        + cv2.GaussianBlur(random.normal(0, 90, skin.shape).astype(np.float32), (0, 0), 6),
        0,
        255,
    ).astype(np.uint8)
    valid = np.full((TEXELS, TEXELS), 255, np.uint8)
    valid[240:] = 0
    mask = np.zeros((TEXELS, TEXELS), np.uint8)
    mask[70:210, 60 + 8 * fold : 190] = 255
    recipe = {"skins": [f"kit/face{fold}"], "style": {"name": ("photo", "oil", "anime")[number % 3]}}
    files = {"unlit.png": encoded(".png", skin[..., ::-1], []), "valid.png": encoded(".png", valid, [])}
    files |= {f"mask{view}.png": encoded(".png", mask, []) for view in range(3)}
    files["json"] = json.dumps({"recipe": recipe, "measured": {"ita": 20.0}}).encode()
    return files, {"style": recipe["style"]["name"]}


@pytest.fixture(scope="module")
def hub(tmp_path_factory) -> Path:
    """Builds of three textures each."""
    folder = tmp_path_factory.mktemp("hub")
    positions, normals = synthetic_skins.geometry(TEXELS)
    for fold in range(FOLDS):
        (folder / f"fold{fold}").mkdir()
        write_shard(folder / f"fold{fold}", Shard("train", 0, 0, EACH), (texture(fold, i) for i in range(EACH)), {})
        skins = np.array([cv2.resize(synthetic_skins.drawn_skin(64, fold % 6, i), (TEXELS, TEXELS)) for i in (0, 1)])
        whole = np.ones((TEXELS, TEXELS), bool)
        side, valid = np.array(["train"] * 2), np.array([whole] * 2)
        Sources(["a", "b"], ["a", "a"], side, skins, valid, positions, normals, whole, {}, "").save(
            folder / f"fold{fold}" / "sources.npz"
        )
    return folder


@pytest.fixture(scope="module")
def trained(hub, tmp_path_factory) -> Path:
    """A folder with the linear prior."""
    output = tmp_path_factory.mktemp("trained")
    assert train.main(["linear", "--hub", str(hub), "--output", str(output), "--threads", "2"]) == 0
    return output


def test_a_canvas_is_fitted_on_the_textures_it_is_given(hub):
    builds = [Textures.load(hub / f"fold{k}") for k in range(FOLDS)]
    own = shrunk(builds[2].texture(0)[0])

    def distance(prior) -> float:
        pictures = own, own[:, ::-1]  # every other one is mirrored
        made = [prior.decode((one - prior.mean).reshape(-1) @ prior.basis.T) for one in pictures]
        return min(float(np.abs(made_one - one).mean()) for made_one, one in zip(made, pictures, strict=True))

    assert distance(fit_canvas(builds)) < 0.3 * distance(fit_canvas([builds[0], builds[1], builds[3]]))


def test_held_out_skins_are_refused(hub, tmp_path, capsys):
    leaked = json.loads(SPLIT.read_text())["held_out"][0]
    broken = tmp_path / "broken"
    (broken / "fold0").mkdir(parents=True)
    files, line = texture(0, 0)
    about = json.loads(files["json"])
    about["recipe"]["skins"].append(leaked)
    files["json"] = json.dumps(about).encode()
    write_shard(broken / "fold0", Shard("train", 0, 0, 1), [(files, line)], {})
    assert train.main(["linear", "--hub", str(broken), "--output", str(tmp_path / "out")]) == 2
    assert leaked in capsys.readouterr().out


def test_networks_of_a_training_folder_are_untrained_where_it_has_no_file(trained):
    networks = untrained(trained)
    assert not any((trained / name).is_file() for name in FILES)
    canvas = np.full((1, 3, CANVAS, CANVAS), 0.4, np.float32)
    [made] = networks.generator(canvas, np.ones((1, LAYERS, LATENT), np.float32), networks.styles[:1])
    assert np.allclose(made, 0.4, atol=1e-6)  # nothing beside its canvas
