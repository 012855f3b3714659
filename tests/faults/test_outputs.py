"""The artist's files are as before or wholly new: no job overwrites what it reads, results come together or not."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from backend import outputs, pipeline
from backend.__main__ import main
from backend.errors import AvatarTexError, ErrorCode
from backend.imaging.files import write_picture
from backend.messages import Generate, Register, Variants
from backend.outputs import Staged, probe, refuse_outputs
from backend.registering import register_only
from backend.variants.job import make_variants

ROOT = Path(__file__).parents[2]
links = pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
plain_user = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of POSIX")


def nothing(*_words) -> None:
    raise AssertionError("the job began")


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A file for every input; a job that begins fails the test."""
    monkeypatch.setattr(pipeline, "read_bases", nothing)
    for name in ("head.obj", "face.png", "side.png", "base.png", "red.png", "from.png", "many.1001.png"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


INPUTS = {
    "mesh": "head.obj",
    "portrait": "face.png",
    "further": "side.png",
    "base_texture": "base.png",
    "regions": "red.png",
    "base_provenance": "from.png",
}


def request(folder: Path, **over) -> Generate:
    fields = {name: [str(folder / file)] if name == "further" else str(folder / file) for name, file in INPUTS.items()}
    return Generate("j", **{**fields, "output": str(folder / "new.png"), **over})


def refuse(what: Generate) -> AvatarTexError:
    with pytest.raises(AvatarTexError) as caught:
        pipeline.generate(what, nothing, lambda: False)
    return caught.value


@pytest.mark.parametrize("output", ["output", "provenance", "report"])
@pytest.mark.parametrize("name", INPUTS)
def test_no_output_is_an_input(files, name, output):
    refusal = refuse(request(files, **{output: str(files / INPUTS[name])}))
    assert refusal.code is ErrorCode.BAD_REQUEST and f"would overwrite {INPUTS[name]!r}" in refusal.message
    assert all((files / file).read_bytes() == file.encode() for file in INPUTS.values())


def test_nor_one_of_its_tiles(files):
    over = {"base_texture": str(files / "many.<UDIM>.png")}
    for output in ("many.<UDIM>.png", "many.png", "many.1001.png"):
        assert "would overwrite" in refuse(request(files, **over, output=str(files / output))).message


@links
def test_nor_by_a_link(files):
    (files / "link.png").symlink_to("face.png")
    assert "would overwrite" in refuse(request(files, output=str(files / "link.png"))).message
    (files / "second.png").hardlink_to(files / "face.png")  # as another spelling is on a disk that ignores case
    assert "would overwrite" in refuse(request(files, output=str(files / "second.png"))).message
    (files / "way").symlink_to(files, target_is_directory=True)
    assert "would overwrite" in refuse(request(files, output=str(files / "way" / "face.png"))).message
    assert "would overwrite" in refuse(request(files, output=f"{files}/way/../{files.name}/base.png")).message


def test_nor_the_pins(files, capsys):
    (files / "pins.json").write_text('[{"name": "chin", "portrait": [1, 2]}]')
    for command, option in (("generate", "--output"), ("register", "--report"), ("register", "--picture")):
        words = [
            command,
            "--mesh",
            str(files / "head.obj"),
            "--portrait",
            str(files / "face.png"),
            "--pins",
            str(files / "pins.json"),
            option,
            str(files / "pins.json"),
        ]
        assert main(words) == 2
        assert "would overwrite 'pins.json'" in capsys.readouterr().err


def test_two_outputs_are_two_files(files):
    refusal = refuse(request(files, provenance=str(files / "new.png")))
    assert "two of the files" in refusal.message


def test_registrations_and_variants_ask_too(files):
    face, head = str(files / "face.png"), str(files / "head.obj")
    with pytest.raises(AvatarTexError, match="would overwrite"):
        register_only(Register("j", face, mesh=head, overlay=face))
    (files / "cel_0.png").write_bytes(b"the portrait")
    with pytest.raises(AvatarTexError, match="would overwrite"):
        make_variants(Variants("j", str(files / "cel_0.png"), str(files), mesh=head, styles=["cel"]), nothing, bool)


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("", ErrorCode.BAD_REQUEST, "is a folder"),
        ("x" * 256 + ".png", ErrorCode.OUTPUT_NOT_WRITTEN, "shorter name"),
        ("face.png/new.png", ErrorCode.OUTPUT_NOT_WRITTEN, "could not be written"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_job(files, name, code, words):
    refusal = refuse(request(files, provenance=f"{files}/{name}"))
    assert refusal.code is code and words in str(refusal)
    assert not list(files.glob(".*")) and not (files / "new.png").exists()


@links
def test_devices_are_no_outputs(files):
    before = Path("/dev/null").stat().st_mode
    assert refuse(request(files, report="/dev/null")).code is ErrorCode.OUTPUT_NOT_WRITTEN
    assert Path("/dev/null").stat().st_mode == before


def test_a_disk_without_room_is_told(files, monkeypatch):
    monkeypatch.setattr(outputs.shutil, "disk_usage", lambda _path: SimpleNamespace(free=1000))
    assert "Free space on the disk" in refuse(request(files)).cure


@plain_user
def test_a_folder_without_permission_is_told(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(AvatarTexError, match="folder that can be written"):
        probe(tmp_path / "new.png")


def test_a_name_too_long_is_told_where_the_system_says_that_nothing_is_there(tmp_path, monkeypatch):
    """As Windows does."""
    monkeypatch.setattr(Path, "exists", os.path.exists)
    with pytest.raises(AvatarTexError, match="shorter name"):
        probe(tmp_path / ("x" * 256))


def test_every_reason_has_its_own_cure():
    cures = {
        outputs.not_written("x", OSError(number, "words")).cure
        for number in (errno.ENOSPC, errno.ENAMETOOLONG, errno.EACCES, errno.EIO)
    }
    assert len(cures) == 4


@pytest.mark.parametrize("fails", [0, 1, 2])
def test_results_come_together_or_not_at_all(tmp_path, monkeypatch, fails):
    paths = [tmp_path / name for name in ("texture.png", "provenance.png", "report.json")]
    paths[0].write_bytes(b"old texture")
    paths[2].write_bytes(b"old report")
    real, count = os.replace, iter(range(100))

    def replace(source, target):
        if next(count) == fails:
            raise PermissionError(errno.EACCES, "another program has it open")
        real(source, target)

    monkeypatch.setattr(outputs.os, "replace", replace)
    with pytest.raises(AvatarTexError) as caught, Staged() as staged:
        for path in paths:
            staged.write(path, b"new")
    assert caught.value.code is ErrorCode.OUTPUT_NOT_WRITTEN
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "texture.png": b"old texture",
        "report.json": b"old report",
    }
    monkeypatch.undo()
    with Staged() as staged:
        for path in paths:
            staged.write(path, b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == dict.fromkeys(
        (path.name for path in paths), b"new"
    )


def test_an_error_in_between_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), Staged() as staged:
        staged.write(tmp_path / "texture.png", b"new")
        assert len(list(tmp_path.iterdir())) == 1
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


@links
def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.png").write_bytes(b"old")
    (tmp_path / "link.png").symlink_to("real.png")
    (tmp_path / "dangling.png").symlink_to("later.png")
    for name in ("link.png", "dangling.png"):
        write_picture(tmp_path / name, np.zeros((4, 4, 3), np.float32))
        assert (tmp_path / name).is_symlink()
    assert (tmp_path / "real.png").read_bytes() == (tmp_path / "later.png").read_bytes() != b"old"


def test_a_name_as_long_as_names_can_be(tmp_path):
    path = tmp_path / ("x" * 251 + ".png")
    write_picture(path, np.zeros((4, 4, 3), np.float32))
    assert path.is_file()


@pytest.mark.skipif(os.name == "nt", reason="a killed process is told by the age of its file there")
def test_what_a_killed_process_left_goes_with_the_next_job(tmp_path):
    code = (
        "import os, sys; from backend.outputs import Staged; s = Staged(); "
        "s.write(sys.argv[1], b'half'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "texture.png")], cwd=ROOT, check=False)
    left = list(tmp_path.iterdir())
    assert len(left) == 1 and left[0].suffix == ".part"
    with Staged() as staged:
        staged.write(tmp_path / "texture.png", b"new")
        assert len(list(tmp_path.iterdir())) == 1  # its own
    assert [path.name for path in tmp_path.iterdir()] == ["texture.png"]


def test_what_could_not_be_deleted_goes_with_the_next_job(tmp_path, monkeypatch):
    (tmp_path / "texture.png").write_bytes(b"old")

    def refuse(*_words, **_more):
        raise PermissionError(errno.EACCES, "a virus scanner has it open")

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", refuse)
        patch.setattr(os, "link", refuse)
        patch.setattr(os, "replace", refuse)
        with pytest.raises(AvatarTexError), Staged() as staged:
            staged.write(tmp_path / "texture.png", b"new")
            staged.write(tmp_path / "report.json", b"new")
    assert len(list(tmp_path.iterdir())) == 4
    with Staged() as staged:
        staged.write(tmp_path / "texture.png", b"new")
        assert len(list(tmp_path.iterdir())) == 2  # its own is in use
    assert [path.name for path in tmp_path.iterdir()] == ["texture.png"]


def test_what_could_not_be_deleted_a_moment_ago_goes_at_once(tmp_path, monkeypatch):
    unlink, refused = os.unlink, []

    def refuse_once(path, *words, **more):
        if not refused and os.path.exists(path):
            refused.append(path)
            raise OSError(errno.EROFS, "for a moment")
        unlink(path, *words, **more)

    names = ["a.png", "b.png"]
    for name in names:
        (tmp_path / name).write_bytes(b"old")
    monkeypatch.setattr(os, "unlink", refuse_once)
    with Staged() as staged:
        for name in names:
            staged.write(tmp_path / name, b"new")
    assert refused and sorted(path.name for path in tmp_path.iterdir()) == names


def test_a_copy_that_fails_half_way_goes(tmp_path, monkeypatch):
    """A disk without links, which runs full while the old file is kept."""
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"old")

    def fill(_source, target):
        Path(target).write_bytes(b"ol")
        raise OSError(errno.ENOSPC, "full")

    def refuse(*_words):
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(outputs.shutil, "copy2", fill)
    with pytest.raises(AvatarTexError, match="full"), Staged() as staged:
        for name in ("a.png", "b.png"):
            staged.write(tmp_path / name, b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.png": b"old", "b.png": b"old"}


def test_inputs_and_outputs_may_share_a_folder(tmp_path):
    (tmp_path / "face.png").write_bytes(b"x")
    refuse_outputs([str(tmp_path / "face.png"), ".", ""], [str(tmp_path / "texture.png"), ""])
