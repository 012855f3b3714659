"""The model manager against a hub on this machine: what it fetches, resumes, compares, refuses and removes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import errors
from safetensors.numpy import save

from backend.errors import AvatarTexError, ErrorCode
from backend.models import store
from backend.models.fetch import hub_refusals
from backend.models.own_parts import use_local
from backend.models.profiles import PERMISSIVE, PROFILES, find_profile
from backend.offline import SWITCHES
from backend.options import WAY
from tests.backend.fake_hub import FakeHub, commit_of, serve

ROOT = Path(__file__).parents[2]
ACCEPTED = ("--accept", "creativeml-openrail-m", "--accept", "openrail")
TINY = save({"weight": np.zeros((200, 200), np.float32)})


def repositories(profile) -> dict[str, dict[str, bytes]]:
    """What the hub would hold of a profile, with weights of nothing."""
    repos: dict[str, dict[str, bytes]] = {}
    for part in profile.parts:
        files = repos.setdefault(part.repo, {})
        for folder in part.folders:
            told = {key: value for where, key, value in part.config if where == folder}
            prefix = f"{folder}/" if folder else ""
            if folder.startswith("tokenizer"):
                files[prefix + "vocab.json"], files[prefix + "merges.txt"] = b"{}", b"#version: 0.2\n"
                continue
            files[prefix + "config.json"] = json.dumps(told).encode()
            if folder != "scheduler":
                files[prefix + "diffusion_pytorch_model.fp16.safetensors"] = TINY
                files[prefix + "diffusion_pytorch_model.safetensors"] = TINY
                files[prefix + "diffusion_pytorch_model.bin"] = b"pickle"
        files |= {file: TINY + bytes([len(file)]) * 0 for file in part.files}
    repos.pop("", None)
    return repos


def fake_hub(profile) -> FakeHub:
    """One that knows the profile's repositories at the table's revisions."""
    return FakeHub(repositories(profile), {part.repo: part.revision for part in profile.parts if part.revision})


@pytest.fixture
def hub():
    with serve(fake_hub(PROFILES["sd15"])) as running:
        yield running


@pytest.fixture
def models(tmp_path, hub):
    """Runs the command as a user does; returns (exit code, stdout, stderr)."""

    def command(*words: str, **environment: str) -> tuple[int, str, str]:
        told = {name: value for name, value in os.environ.items() if name not in SWITCHES}
        told |= {"HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": hub.address, "HF_HUB_DISABLE_XET": "1"} | environment
        words = (sys.executable, "-m", "backend", "models", *words)
        done = subprocess.run(words, cwd=ROOT, env=told, capture_output=True, text=True, timeout=300)
        return done.returncode, done.stdout, done.stderr

    return command


def lock(tmp_path: Path) -> dict:
    return json.loads((tmp_path / "hf" / "assets" / "avatartex" / "sd15.json").read_text())


def test_a_profile_comes_is_whole_and_goes(models, hub, tmp_path):
    assert json.loads(models("list", "--json")[1].splitlines()[0])["state"] == "missing"
    code, said, told = models("download", "sd15", *ACCEPTED, "--json")
    assert code == 0, told
    assert "creativeml-openrail-m" in told and "GB" in told  # before anything is fetched
    steps = [json.loads(line) for line in said.splitlines()]
    assert steps[-1]["state"] == "here" and steps[-2]["done"] == steps[-2]["whole"] > 0
    kept = lock(tmp_path)
    assert set(kept) == {part.name for part in PROFILES["sd15"].parts if part.repo} > {"preview"}
    assert {name: part["revision"] for name, part in kept.items()} == {
        part.name: part.revision or commit_of(part.repo) for part in PROFILES["sd15"].parts if part.repo
    }
    assert "unet/diffusion_pytorch_model.fp16.safetensors" in kept["base"]["files"]
    fetched = {path for method, path, _ in hub.asked if method == "GET" and not path.startswith("api/")}
    assert not any(path.endswith((".bin", "model.safetensors")) for path in fetched if "IP-Adapter" not in path)
    hub.asked.clear()
    assert models("download", "sd15", *ACCEPTED)[0] == 0
    assert not [path for method, path, _ in hub.asked if method == "GET"]  # what is here is not fetched again
    assert models("verify", "sd15")[0] == 0
    assert json.loads(models("list", "--json")[1].splitlines()[0])["state"] == "here"
    code, said, _ = models("remove", "sd15")
    assert code == 0 and "gone" in said
    assert not list((tmp_path / "hf").rglob("*.safetensors")) and models("verify", "sd15")[0] == 2


def test_an_interrupted_file_goes_on(models, hub, tmp_path):
    name = "unet/diffusion_pytorch_model.fp16.safetensors"
    hub.cut[name] = 50_000
    # the library itself tries again; a process that ends meanwhile leaves the beginning
    blob = tmp_path / "hf" / "hub" / "models--stable-diffusion-v1-5--stable-diffusion-inpainting" / "blobs"
    blob.mkdir(parents=True)
    digest = hub.listing("stable-diffusion-v1-5/stable-diffusion-inpainting")["siblings"]
    sha = next(one["lfs"]["sha256"] for one in digest if one["rfilename"] == name)
    (blob / f"{sha}.avatartex").write_bytes(TINY[:30_000])
    assert models("download", "sd15", *ACCEPTED)[0] == 0
    ranges = [asked for method, path, asked in hub.asked if method == "GET" and path.endswith(name)]
    assert ranges == ["bytes=30000-"] * 2  # what is begun goes on, and so does the library within a run
    assert models("verify", "sd15")[0] == 0


def refused(result: tuple[int, str, str], code: ErrorCode, *words: str) -> None:
    status, _, told = result
    assert status == 2 and f"[{code}]" in told, told
    assert all(word in told for word in words), told
    assert "Traceback" not in told


def test_licences_are_accepted_by_name(models, hub):
    refused(models("download", "sd15"), ErrorCode.HUB_REFUSED, "creativeml-openrail-m", "--accept", "https://")
    refused(models("download", "sd15", *ACCEPTED[:2]), ErrorCode.HUB_REFUSED, "--accept openrail")
    assert not hub.asked


def test_unknown_profile(models):
    refused(models("download", "sd16"), ErrorCode.BAD_REQUEST, "sd16", "sd15, sdxl, klein")


def test_no_network(models):
    told = models("download", "sd15", *ACCEPTED, HF_ENDPOINT="http://127.0.0.1:9")
    refused(told, ErrorCode.HUB_REFUSED, "cannot be reached", "goes on where it stopped")


def test_gated_without_token_and_with_one(models, hub):
    hub.gated.add("h94/IP-Adapter")
    refused(models("download", "sd15", *ACCEPTED), ErrorCode.HUB_REFUSED, "h94/IP-Adapter", "HF_TOKEN")
    assert models("download", "sd15", *ACCEPTED, HF_TOKEN="hf_of_a_test")[0] == 0


@pytest.mark.parametrize(
    "fault, code, word",
    [
        (errors.LocalEntryNotFoundError("gone in the middle"), ErrorCode.HUB_REFUSED, "cannot be reached"),
        (OSError(28, "No space left on device"), ErrorCode.OUTPUT_NOT_WRITTEN, "disk is full"),
        (OSError("Consistency check failed"), ErrorCode.HUB_REFUSED, "goes on where it stopped"),
    ],
)
def test_faults_in_the_middle(fault, code, word):
    with pytest.raises(AvatarTexError, match=word) as refusal, hub_refusals(PROFILES["klein"].part("base")):
        raise fault
    assert refusal.value.code is code


def test_damaged_on_the_way(models, hub, tmp_path):
    hub.altered.add("unet/diffusion_pytorch_model.fp16.safetensors")
    refused(models("download", "sd15", *ACCEPTED), ErrorCode.MODEL_UNUSABLE, "checksum", "Start again")
    hub.altered.clear()
    assert models("download", "sd15", *ACCEPTED)[0] == 0  # the bad file is not kept


def test_what_a_job_can_do_without_stops_no_download(models, hub, tmp_path):
    hub.gated.add("madebyollin/taesd")
    assert models("download", "sd15", *ACCEPTED)[0] == 0 and "preview" not in lock(tmp_path)
    assert json.loads(models("list", "--json")[1].splitlines()[0])["state"] == "here"


def test_pickles_alone(models, hub):
    files = hub.repos["lllyasviel/control_v11p_sd15_canny"]
    for name in [name for name in files if name.endswith(".safetensors")]:
        del files[name]
    refused(models("download", "sd15", *ACCEPTED), ErrorCode.MODEL_UNUSABLE, "pickle", "safetensors")


def test_another_architecture(models, hub):
    files = hub.repos["stable-diffusion-v1-5/stable-diffusion-inpainting"]
    files["unet/config.json"] = b'{"in_channels": 4, "cross_attention_dim": 768}'
    refused(
        models("download", "sd15", *ACCEPTED),
        ErrorCode.MODEL_UNUSABLE,
        "in_channels is 4 instead of 9",
        "trained from it",
    )


def test_a_changed_file_is_told(models, hub, tmp_path):
    assert models("download", "sd15", *ACCEPTED)[0] == 0
    root = Path(lock(tmp_path)["canny"]["root"])
    (root / "config.json").resolve().write_text("{}")
    refused(models("verify", "sd15"), ErrorCode.MODEL_UNUSABLE, "canny/config.json", "models remove")


def test_a_revision_that_the_hub_does_not_know(models, hub, tmp_path):
    """It is refused before a byte is fetched, and the newest one does."""
    repo = "lllyasviel/control_v11p_sd15_canny"
    hub.commits[repo] = "f" * 40
    wanted = PROFILES["sd15"].part("canny").revision
    refused(models("download", "sd15", *ACCEPTED), ErrorCode.HUB_REFUSED, repo, wanted, "--newest", "Newest Revisions")
    assert not [path for _, path, _ in hub.asked if not path.startswith("api/")]
    assert models("download", "sd15", *ACCEPTED, "--newest")[0] == 0
    assert lock(tmp_path)["canny"]["revision"] == "f" * 40 and models("verify", "sd15")[0] == 0


def test_full_disk(hub, tmp_path):
    """Where nothing fits: before a byte is fetched."""
    code = (
        "import shutil\nfrom backend.offline import connect_to_hub\nconnect_to_hub()\n"
        "from backend.models import hub, profiles\nprofile = profiles.PROFILES['sd15']\n"
        "shutil.disk_usage = lambda path: shutil._ntuple_diskusage(1, 1, 1000)\n"
        "try: hub.download(profile, set(profile.licences), lambda *told: None)\n"
        "except Exception as refusal: print(refusal)"
    )
    environment = os.environ | {"HF_HOME": str(tmp_path), "HF_ENDPOINT": hub.address}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert all(word in done.stdout for word in ("[output-not-written]", "GB are free", "set HF_HOME")), (
        done.stdout + done.stderr
    )
    assert not [path for _, path, _ in hub.asked if not path.startswith("api/")]


def test_own_files(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(tmp_path / "assets"))
    profile = find_profile("sd15")
    folder = tmp_path / "mine"
    for name, data in repositories(profile)["lllyasviel/control_v11p_sd15_canny"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    part = use_local(profile, "canny", folder)
    assert part.local and "diffusion_pytorch_model.fp16.safetensors" in part.files
    single = tmp_path / "adapter.safetensors"
    single.write_bytes(TINY)
    assert list(use_local(profile, "adapter", single).files) == ["adapter.safetensors"]
    store.write_lock(profile, {"canny": part})
    assert store.read_lock(profile) == {"canny": part}
    needed = {one.name for one in profile.parts if not one.optional} - {"canny"}
    assert {one.name for one in store.missing(profile, {"canny": part})} == needed
    (folder / "diffusion_pytorch_model.fp16.safetensors").write_bytes(TINY[:-1])
    assert "canny" in {one.name for one in store.missing(profile, {"canny": part})}  # another size
    for path, word, cure in (
        (folder, "truncated", "Download it again"),
        (tmp_path / "nowhere", "not there", "Name a folder"),
        (tmp_path / "model.ckpt", "pickle", "stored as safetensors"),
        (single, "no single", "Name the folder"),
    ):
        with pytest.raises(AvatarTexError, match=word) as refusal:
            use_local(profile, "canny", path)
        assert cure in refusal.value.cure
    store.lock_path(profile).write_text('{"canny": 3}')
    with pytest.raises(AvatarTexError, match="damaged"):
        store.read_lock(profile)


def test_the_table_is_sound():
    for profile in PROFILES.values():
        assert profile.memory[0] >= profile.memory[1] and 0 < profile.strength <= 1 and profile.texels % 64 == 0
        names = [part.name for part in profile.parts]
        assert len(set(names)) == len(names) and 0 <= profile.layout <= 1
        assert {profile.way, *profile.controls} <= {choice.value for choice in WAY.choices[1:]}
        assert all(set(controls) <= set(names) for controls in profile.controls.values())
        for part in profile.parts:
            assert part.terms.startswith("https://") and (part.folders or part.files)
            assert part.permissive == (part.licence in PERMISSIVE)
            assert not part.revision or len(part.revision) == 40
