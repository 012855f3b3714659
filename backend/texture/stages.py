"""One picture per step of a job, for whoever wants to see where a fault began (--keep-stages)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..head.mesh import HeadMesh
from ..head.register import Registration
from ..pins import Pin
from .files import write_picture
from .observe import Observation
from .overlay import draw_overlay

ORDER = ("registration", "partial", "inpaint", "latent", "repaint", "composed")


class StagePictures:
    """Saves numbered pictures into a folder; without a folder it does nothing."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder) if folder else None

    def save(self, name: str, picture: np.ndarray) -> None:
        if self.folder:
            write_picture(self.folder / f"{ORDER.index(name) + 1}_{name}.png", picture)

    def registration(
        self, portrait: np.ndarray, mesh: HeadMesh, registration: Registration, pins: Sequence[Pin] = (),
    ) -> None:
        """The portrait with the registered head drawn over it."""
        if self.folder:
            self.save("registration", draw_overlay(portrait, mesh, registration, pins))

    def partial(self, observation: Observation) -> None:
        """Left the portrait in the atlas without its light, right the confidence."""
        if self.folder:
            confidence = np.repeat(observation.confidence[..., None], 3, 2)
            self.save("partial", np.hstack([observation.unlit * (confidence > 0.02), confidence]))
