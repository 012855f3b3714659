"""The graphics card that NVIDIA's driver shows; standard library only."""

import ctypes
import functools
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """gigabytes: of its memory, whoever has it."""

    name: str
    gigabytes: float


@functools.cache
def find_card() -> Card | None:
    """The first one; None where there is no driver, or none that it can use."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return None
    device, name, size = ctypes.c_int(), ctypes.create_string_buffer(128), ctypes.c_size_t()
    asked = (
        lambda: driver.cuInit(0),
        lambda: driver.cuDeviceGet(ctypes.byref(device), 0),
        lambda: driver.cuDeviceGetName(name, len(name), device),
        lambda: driver.cuDeviceTotalMem_v2(ctypes.byref(size), device),
    )
    if any(ask() for ask in asked):  # each answers 0 where all went well
        return None
    return Card(name.value.decode(errors="replace"), size.value / 1e9)
