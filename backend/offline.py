"""Nothing of an artist's leaves the machine: what is set for libraries before they are imported.

Standard library only: the add-on starts its processes with the same switches.
"""

import contextlib
import os
import sys

#: Environment variables, which the libraries read when they are imported.
SWITCHES = {
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime calls Microsoft and writes a device id without it
    "HF_HUB_OFFLINE": "1",  # huggingface-hub, which diffusers pulls in
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


def disconnect() -> None:
    """Set them for this process and those that it starts."""
    import tempfile  # after the current folder is left, see below

    os.environ.update(SWITCHES)
    with contextlib.suppress(OSError):  # torch makes a folder of its own there, else, as soon as diffusers is imported
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", tempfile.gettempdir())


def connect_to_hub() -> None:
    """For the one command that fetches models: the hub may be asked, with the artist's token, telling it nothing else.

    Before the hub's library is imported.
    """
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_IMPLICIT_TOKEN"):
        os.environ.pop(name, None)
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"  # the command shows its own


def leave_current_folder(package: str) -> None:
    """Where Python was started with -m, import nothing from the current folder: it may be a stranger's download.

    Args:
        package: a file of this package, which itself may be there.
    """
    home = os.path.dirname(os.path.dirname(os.path.realpath(package)))
    by_name = getattr(sys, "argv", [""])[:1] == ["-m"]  # so it is until the module runs
    if by_name and not sys.flags.safe_path and os.path.realpath(sys.path[0]) != home:
        del sys.path[0]
