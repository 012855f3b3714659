"""One picture per step of a job, for whoever wants to see where a fault began (--keep-stages)."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ..head.mesh import HeadMesh
from ..head.register import Registration
from ..head.visibility import facing
from .files import write_picture
from .observe import Observation

ORDER = ("registration", "partial", "inpaint", "latent", "repaint", "composed")


class StagePictures:
    """Saves numbered pictures into a folder; without a folder it does nothing."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder) if folder else None

    def save(self, name: str, picture: np.ndarray) -> None:
        if self.folder:
            write_picture(self.folder / f"{ORDER.index(name) + 1}_{name}.png", picture)

    def registration(self, portrait: np.ndarray, mesh: HeadMesh, registration: Registration) -> None:
        """The portrait with the registered head drawn over it as a wire frame."""
        if not self.folder:
            return
        pixels, _ = registration.project(mesh.vertices.astype(np.float64))
        seen = facing(mesh.vertices, registration.normals, registration.camera.position.astype(np.float32)) > 0
        shift = 4  # cv2 draws with sixteenths of a pixel
        lines = np.rint(mesh.corners(pixels)[seen[mesh.triangles].all(1)] * (1 << shift)).astype(np.int32)
        wire = np.ascontiguousarray(portrait * 255).astype(np.uint8)
        cv2.polylines(wire, list(lines), True, (40, 255, 90), 1, cv2.LINE_AA, shift)
        self.save("registration", 0.6 * wire.astype(np.float32) / 255 + 0.4 * portrait)

    def partial(self, observation: Observation) -> None:
        """Left the portrait in the atlas without its light, right the confidence."""
        if self.folder:
            confidence = np.repeat(observation.confidence[..., None], 3, 2)
            self.save("partial", np.hstack([observation.unlit * (confidence > 0.02), confidence]))
