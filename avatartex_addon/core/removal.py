"""Give back the disk space: what the set-up made, and nothing else."""

from __future__ import annotations

import contextlib

from .log import BackendLog
from .places import Home, clear_folder, default_folder
from .work import Work


class Removal(Work):
    """Deletes the environment, the downloads and the weights of one folder."""

    changes_files = True

    def __init__(self, home: Home, log: BackendLog) -> None:
        super().__init__(log)
        self.home = home

    def work(self) -> None:
        with self.home.locked():
            for folder in self.home.folders:
                if folder.exists():
                    self.step(f"Removing {folder.name}", 0.5)
                    clear_folder(folder)
        with contextlib.suppress(OSError):  # something else of the artist's lies there, or another Blender's lock
            (self.home.folder / "setup.lock").unlink()
            if self.home.folder == default_folder():
                self.home.folder.rmdir()

    def cancel(self) -> None:
        """Half a removal helps nobody: it goes on to its end."""
