"""Every refusal of the backend: a stable code, one sentence, and what to do next.

Standard library only: the add-on imports this module to draw the cure beside the error.
"""

import errno
import sys
from enum import StrEnum


class ErrorCode(StrEnum):
    """Stable names; the text beside them may change, these may not. Called with a message and a cure, each gives the
    refusal of its code."""

    NO_MESH = "no-mesh"  # nothing selected, or the file holds no faces
    NO_UVS = "no-uvs"  # the mesh has no (usable) UV map
    BAD_MESH = "bad-mesh"  # NaN coordinates, unreadable file
    NO_COLOR = "no-color"  # the material's output shows nothing that a texture could colour
    PORTRAIT_MISSING = "portrait-missing"
    PORTRAIT_UNREADABLE = "portrait-unreadable"  # truncated, or not an image
    PORTRAIT_TOO_LARGE = "portrait-too-large"
    NO_FACE_IN_PORTRAIT = "no-face-in-portrait"
    NO_FACE_ON_HEAD = "no-face-on-head"  # no view of the mesh looks like a head
    BAD_PINS = "bad-pins"  # unknown name, no numbers, no JSON
    LOW_SCORE = "low-score"  # the registration is doubtful and the request asked for a warning
    OUTPUT_NOT_WRITTEN = "output-not-written"  # disk full, read-only folder
    WEIGHTS_MISSING = "weights-missing"
    WEIGHTS_ALTERED = "weights-altered"  # the checksum differs from the manifest's
    MODEL_MISSING = "model-missing"  # a large model that was not fetched, or not all of it
    MODEL_UNUSABLE = "model-unusable"  # truncated, a pickle, another architecture
    HUB_REFUSED = "hub-refused"  # no network, a gated model, a revision that is none, a licence not accepted
    BACKEND_MISSING = "backend-missing"  # no Python environment to start
    BACKEND_DIED = "backend-died"
    OUT_OF_MEMORY = "out-of-memory"
    INPUT_MISSING = "input-missing"  # a file of a farm's row is gone, or this machine does not see it
    BAD_REQUEST = "bad-request"  # an option's value is not one the backend knows
    CANCELLED = "cancelled"
    INTERNAL = "internal"  # a bug: the log's tail goes with it

    def __call__(self, message: str, cure: str) -> "AvatarTexError":
        return AvatarTexError(self, message, cure)


#: Characters of a sentence, which may quote what a file or a request holds.
LONGEST_SENTENCE = 1000


def shorten(text: str) -> str:
    """The text, without its middle where it is too long to be read."""
    half = LONGEST_SENTENCE // 2
    return text if len(text) <= LONGEST_SENTENCE else f"{text[:half]} ... {text[-half:]}"


class AvatarTexError(Exception):
    """A refusal the artist can act on.

    Args:
        code: which refusal it is.
        message: one sentence, what is wrong, naming the thing.
        cure: one sentence, what to do next.
    """

    def __init__(self, code: ErrorCode, message: str, cure: str) -> None:
        message, cure = shorten(message), shorten(cure)
        super().__init__(message)
        self.code, self.message, self.cure = code, message, cure

    def __str__(self) -> str:
        return f"[{self.code}] {self.message} {self.cure}"


class Cancelled(Exception):
    """Raised between steps of a job that the artist cancelled."""


#: How libraries that raise RuntimeError say that memory ran out: torch's CPU allocator, CUDA, cuBLAS, OpenCV, oneDNN,
#: threads.
MEMORY_PHRASES = (
    "out of memory",
    "can't allocate memory",
    "alloc_failed",
    "failed to allocate",
    "not enough memory",
    "bad_alloc",
    "bad allocation",
    "unable to allocate",
    "could not create a primitive",
    "can't start new thread",
)


def is_out_of_memory(bug: Exception) -> bool:
    """Whether memory ran out, of whatever processor."""
    by_type = isinstance(bug, MemoryError) or getattr(bug, "errno", None) == errno.ENOMEM
    return by_type or any(phrase in str(bug).lower() for phrase in MEMORY_PHRASES)


def explain(bug: Exception) -> AvatarTexError:
    """The refusal for an exception that nobody foresaw; its traceback belongs into the log."""
    if is_out_of_memory(bug):
        return ErrorCode.OUT_OF_MEMORY(
            "The backend ran out of memory.", "Choose a smaller size, or close other programs, then generate again."
        )
    if isinstance(bug, ImportError) and sys.platform == "win32":
        from . import cpp_runtime  # of the backend's alone

        if cure := cpp_runtime.cure_of(bug):
            return ErrorCode.BACKEND_MISSING(f"Windows cannot load a package ({bug}).", cure)
    if isinstance(bug, ImportError):
        return ErrorCode.BACKEND_MISSING(
            f"The backend's environment is incomplete ({bug}).", "Set up the backend again."
        )
    return ErrorCode.INTERNAL(f"The backend met a bug ({type(bug).__name__}: {bug}).", "Please report it with the log.")
