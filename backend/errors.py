"""Every refusal of the backend: a stable code, one sentence, and what to do next.

Standard library only: the add-on imports this module to draw the cure beside the error.
"""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """Stable names; the text beside them may change, these may not."""

    NO_MESH = "no-mesh"                      # nothing selected, or the file holds no faces
    NO_UVS = "no-uvs"                        # the mesh has no (usable) UV map
    BAD_MESH = "bad-mesh"                    # NaN coordinates, unreadable file
    NO_COLOR = "no-color"                    # the material's output shows nothing that a texture could colour
    PORTRAIT_MISSING = "portrait-missing"
    PORTRAIT_UNREADABLE = "portrait-unreadable"   # truncated, or not an image
    PORTRAIT_TOO_LARGE = "portrait-too-large"
    NO_FACE_IN_PORTRAIT = "no-face-in-portrait"
    NO_FACE_ON_HEAD = "no-face-on-head"      # no view of the mesh looks like a head
    BAD_PINS = "bad-pins"                    # unknown name, no numbers, no JSON
    LOW_SCORE = "low-score"                  # the registration is doubtful and the request asked to be told
    OUTPUT_NOT_WRITTEN = "output-not-written"     # disk full, read-only folder
    WEIGHTS_MISSING = "weights-missing"
    WEIGHTS_ALTERED = "weights-altered"      # the checksum differs from the manifest's
    BACKEND_MISSING = "backend-missing"      # no Python environment to start
    BACKEND_DIED = "backend-died"
    OUT_OF_MEMORY = "out-of-memory"
    BAD_REQUEST = "bad-request"              # an option's value is not one the backend knows
    CANCELLED = "cancelled"
    INTERNAL = "internal"                    # a bug: the log's tail goes with it


class AvatarTexError(Exception):
    """A refusal the artist can act on.

    Args:
        code: which refusal it is.
        message: one sentence, what is wrong, naming the thing.
        cure: one sentence, what to do next.
    """

    def __init__(self, code: ErrorCode, message: str, cure: str) -> None:
        super().__init__(message)
        self.code, self.message, self.cure = code, message, cure

    def __str__(self) -> str:
        return f"[{self.code}] {self.message} {self.cure}"


class Cancelled(Exception):
    """Raised between steps of a job that the artist cancelled."""
