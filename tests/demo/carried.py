"""From the zip that carries everything to a texture and back, as a new user would, with the seconds of each step.

    unshare --net python -m tests.demo.carried dist/avatartex-VERSION-linux-x64.zip

Without `unshare` (Linux) it does the same, but a network is there. Home and Blender's folders are empty ones.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.leave import leave


def main(zip_path: Path) -> int:
    with tempfile.TemporaryDirectory(prefix="avatartex_", ignore_cleanup_errors=True) as folder:
        home, resources = Path(folder) / "home", Path(folder) / "blender"
        home.mkdir()
        os.environ |= {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "XDG_CACHE_HOME": str(home / "cache")}
        os.environ["BLENDER_USER_RESOURCES"] = str(resources)
        os.environ.pop("AVATARTEX_BACKEND_PYTHON", None)
        import bpy  # reads those

        bpy.ops.wm.read_factory_settings(use_empty=True)
        bpy.ops.preferences.addon_enable(module="bl_pkg")
        print(
            f"Blender {bpy.app.version_string}, Python {sys.version.split()[0]}; {zip_path.stat().st_size / 1e6:.0f} MB"
        )
        install = bpy.ops.extensions.package_install_files
        timed("install", lambda: install(filepath=str(zip_path), repo="user_default", enable_on_install=True))
        print(f"on disk after it: {megabytes(resources)} MB")
        timed("set up, first texture", bpy.ops.avatartex.try_it)
        head = bpy.data.objects["Sample Head"]
        assert head.avatartex_history, bpy.context.window_manager.avatartex_job.error_message
        print(head.avatartex_history[-1].summary)
        head.avatartex.seed = 2
        timed("second texture", bpy.ops.avatartex.generate)
        print(
            f"on disk: {megabytes(resources)} MB; outside Blender's folder: {[path.name for path in home.rglob('*')]}"
        )
        (own,) = resources.rglob(".user/user_default/avatartex")
        print(f"of it the environment: {megabytes(own / 'backend')} MB; longest path {longest(own)} characters")
        timed("remove", lambda: bpy.ops.extensions.package_uninstall(repo_index=1, pkg_id="avatartex"))
        rest = [str(path.relative_to(resources)) for path in resources.rglob("*") if path.is_file()]
        print(f"left: {megabytes(resources)} MB: {rest}")
    return 0


def timed(name: str, do: Callable[[], object]) -> None:
    begun = time.monotonic()
    do()
    print(f"{name}: {time.monotonic() - begun:.1f} s", flush=True)


def megabytes(folder: Path) -> int:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return round(sum(path.stat().st_size for path in files) / 1e6)


def longest(folder: Path) -> int:
    """Of all paths in a folder, without what leads there."""
    return max(len(str(path.relative_to(folder))) for path in folder.rglob("*"))


if __name__ == "__main__":
    code = main(Path(sys.argv[1]).resolve())
    sys.stdout.flush()
    leave(code)
