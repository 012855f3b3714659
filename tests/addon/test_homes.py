"""One set-up of a folder at a time, and folders on drives that know no locks."""

from __future__ import annotations

import errno
import fcntl
import sys
import threading
from types import SimpleNamespace

import pytest


@pytest.fixture
def home(addon, tmp_path):
    return addon("core.places").Home(tmp_path / "home of Jürgen")


def test_a_folder_is_held_by_one_and_let_go(home):
    with home.locked():
        with pytest.raises(Exception, match="Another Blender") as refusal, home.locked():
            pass
        assert "Wait" in refusal.value.cure
    with home.locked():
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_drive_without_locks_is_no_hindrance(home, monkeypatch, number):
    def flock(*_):
        raise OSError(number, "no locks")

    monkeypatch.setattr(fcntl, "flock", flock)
    with home.locked():
        assert home.folder.is_dir()


@pytest.mark.parametrize(("number", "held"), [(errno.EACCES, True), (errno.EDEADLK, True), (errno.EINVAL, False)])
def test_windows_says_by_other_numbers_that_it_is_held(home, monkeypatch, number, held):
    def locking(*_):
        raise OSError(number, "as Windows says it")

    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.setattr(sys, "platform", "win32")
    if held:
        with pytest.raises(Exception, match="Another Blender"), home.locked():
            pass
    else:
        with home.locked():
            pass


def test_what_fails_inside_lets_go(home):
    with pytest.raises(OSError, match="full"), home.locked():
        raise OSError(errno.EACCES, "full")
    done = []

    def other() -> None:
        with home.locked():
            done.append(True)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert done


@pytest.mark.parametrize(("name", "large", "refused"), [(20, False, False), (20, True, False), (60, True, True)])
def test_windows_refuses_a_home_below_which_no_file_could_be_opened(addon, monkeypatch, name, large, refused):
    """The usual one is short enough, with a long name of the artist's, for large models too."""
    installer, places = addon("core.installer"), addon("core.places")
    folder = places.Path("C:\\Users\\" + name * "n" + "\\AppData\\Local\\AvatarTex")
    monkeypatch.setattr(installer, "space", lambda *_: (1.0, 9.0))
    monkeypatch.setattr(sys, "platform", "win32")
    if refused:
        with pytest.raises(Exception, match="too long") as refusal:
            installer.check_space(places.Home(folder), "cpu", large)
        assert "shorter path" in refusal.value.cure
    else:
        installer.check_space(places.Home(folder), "cpu", large)
