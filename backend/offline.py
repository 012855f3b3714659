"""Nothing of an artist's leaves the machine: what libraries are told before they are imported.

Standard library only: the add-on starts its processes with the same switches.
"""

from __future__ import annotations

import os

#: Environment variables, which the libraries read when they are imported.
SWITCHES = {
    "ORT_DISABLE_TELEMETRY": "1",           # ONNX Runtime calls Microsoft and writes a device id without it
    "HF_HUB_OFFLINE": "1",                  # huggingface-hub, which diffusers pulls in
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


def disconnect() -> None:
    """Set them for this process and those that it starts."""
    os.environ.update(SWITCHES)
