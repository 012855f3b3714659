"""The bundled weights: whole, verified before use, and what training needs to go on after a stop."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from backend import doctor, verified
from backend.errors import AvatarTexError, ErrorCode
from backend.lab.training.checkpoints import load_state, save_half, save_state
from backend.models import bundle
from backend.models.runtime import Graph
from backend.networks.sizes import CANVAS

#: What the extension may carry.
LIMIT = 60 * 2**20


@pytest.fixture
def copy(tmp_path):
    """The weights in a folder of the test's own."""
    return shutil.copytree(verified.WEIGHTS, tmp_path / "weights")


def broken(folder) -> list[str]:
    """What doctor says of the files."""
    return [finding.what for finding in doctor.weights(folder) if finding.state == doctor.BROKEN]


def test_the_bundle_is_whole_small_and_says_where_it_is_from():
    entries = verified.manifest(verified.WEIGHTS)
    assert {"linear.safetensors", "generator.safetensors", "inpaint.safetensors", "repaint.safetensors"} <= set(entries)
    assert sum(entry["bytes"] for entry in entries.values()) < LIMIT
    assert all(entry["licence"] and entry["source"] for entry in entries.values())
    assert broken(verified.WEIGHTS) == []


def test_networks_come_ready_to_use():
    networks = bundle.load_networks("cpu")
    parts = (networks.generator, networks.encoder, networks.completer, networks.repainter, networks.studio)
    assert all(isinstance(part, Graph) for part in parts)
    assert networks.linear.mean.shape == (CANVAS, CANVAS, 3)
    assert networks.known.shape == (networks.size, networks.size)
    assert networks.known.any() and not networks.known.all()


def test_an_altered_file_is_refused_by_name(copy):
    file = copy / "inpaint.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(AvatarTexError) as refusal:
        bundle.load_networks("cpu", copy)
    assert refusal.value.code == ErrorCode.WEIGHTS_ALTERED
    assert "inpaint.safetensors" in refusal.value.message and refusal.value.cure
    assert broken(copy) == ["inpaint.safetensors"]


@pytest.mark.parametrize("name", ["generator.safetensors", verified.MANIFEST])
def test_a_missing_file_is_refused_by_name(copy, name):
    (copy / name).unlink()
    with pytest.raises(AvatarTexError) as refusal:
        bundle.load_networks("cpu", copy)
    assert refusal.value.code == ErrorCode.WEIGHTS_MISSING
    assert name in refusal.value.message


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """A folder of the artist's, filled from the code's own and looked at first."""
    (tmp_path / "shared").mkdir()
    list(verified.put_into(tmp_path / "shared", verified.WEIGHTS))
    monkeypatch.setattr(verified, "shared", tmp_path / "shared")
    return tmp_path / "shared"


def test_a_shared_folder_stands_in_for_files_that_the_extension_lacks(copy, shared):
    for file in copy.glob("*.safetensors"):
        file.unlink()
    assert bundle.load_networks("cpu", copy).linear.mean.shape == (CANVAS, CANVAS, 3)
    assert all(str(shared) in finding.found for finding in doctor.weights(copy))


def test_what_a_shared_folder_lacks_or_holds_broken_comes_with_the_extension(shared):
    name = "inpaint.safetensors"
    entry, lacking = (verified.manifest(verified.WEIGHTS)[file] for file in (name, "repaint.safetensors"))
    verified.kept(shared, name, entry["sha256"]).write_bytes(b"half of it")
    verified.kept(shared, "repaint.safetensors", lacking["sha256"]).unlink()
    assert len(verified.verified_bytes(verified.WEIGHTS, name)) == entry["bytes"]
    assert broken(verified.WEIGHTS) == []
    assert list(verified.put_into(shared, verified.WEIGHTS)) == [name, "repaint.safetensors"]
    assert list(verified.put_into(shared, verified.WEIGHTS)) == []


def test_the_folder_is_named_before_any_command(shared):
    from backend.__main__ import main

    verified.shared = None
    main(["--weights", str(shared), "doctor", "--json"])
    assert verified.shared == shared


def test_manifest_keeps_what_people_wrote_and_hashes_what_is_there(copy, monkeypatch):
    from backend.lab.training import manifest

    path = copy / verified.MANIFEST
    entries = json.loads(path.read_text())
    entries["face_landmark.onnx"]["source"] = "by hand"
    path.write_text(json.dumps(entries))
    (copy / "linear.safetensors").write_bytes(b"new")
    monkeypatch.setattr(manifest, "WEIGHTS", copy)
    written = manifest.write_manifest()
    assert written["face_landmark.onnx"]["source"] == "by hand"
    assert written["linear.safetensors"]["bytes"] == 3
    assert broken(copy) == []


def trained(steps: int, state=None) -> tuple[list, list, torch.optim.Optimizer, int]:
    torch.manual_seed(0)
    parameters = list(torch.nn.Linear(3, 2).parameters())
    average = [torch.zeros_like(parameter) for parameter in parameters]
    optimiser = torch.optim.AdamW(parameters, lr=0.1)
    done = load_state(state, parameters, average, optimiser) if state else 0
    for _ in range(steps):
        sum(parameter.square().sum() for parameter in parameters).backward()
        optimiser.step()
        optimiser.zero_grad()
        with torch.no_grad():
            for kept, new in zip(average, parameters, strict=True):
                kept.lerp_(new, 0.1)
    return parameters, average, optimiser, done + steps


def test_a_stopped_training_goes_on_as_if_never_stopped(tmp_path):
    whole, whole_average, _, _ = trained(6)
    parameters, average, optimiser, steps = trained(3)
    save_state(tmp_path / "state.safetensors", steps, parameters, average, optimiser)
    resumed, resumed_average, _, done = trained(3, tmp_path / "state.safetensors")
    assert done == 6
    assert all(torch.equal(a, b) for a, b in zip(whole + whole_average, resumed + resumed_average, strict=True))


def test_shipped_weights_are_half_precision_and_replace_the_old_in_one_piece(tmp_path):
    path = tmp_path / "network.safetensors"
    save_half({"weight": torch.ones(4)}, path)
    save_half({"weight": torch.full((4,), 2.0)}, path)
    from safetensors.torch import load_file

    assert load_file(path)["weight"].dtype == torch.float16
    assert float(load_file(path)["weight"][0]) == 2
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
