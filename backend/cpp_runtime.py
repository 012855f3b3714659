"""Windows's C++ runtime: one that is older than ONNX Runtime's compiler stops ONNX Runtime.

Libraries that Visual Studio 2022 built from 17.10 on make a mutex without asking msvcp140.dll; an older one takes it
for none, and all that Python says is "DLL initialization routine failed" (microsoft/onnxruntime issue 21024). A process
gets the first file of that name on its way, which may be another program's. Standard library only, for the doctor.
"""

import ctypes
import struct
from pathlib import Path, PureWindowsPath
from typing import Any

NAME = "msvcp140.dll"
#: The oldest with which it is known to load; 14.36 does not (tried through by users: onnx/onnx issue 6267).
LEAST = (14, 38)
REDISTRIBUTABLE = "https://aka.ms/vs/17/release/vc_redist.x64.exe"


def loaded(windows: Any = None) -> Path | None:
    """The file that this process has under NAME, or gets when it asks for it; None where there is none.

    Args:
        windows: kernel32 with GetModuleFileNameW, LoadLibraryW; this system's by default.
    """
    windows = windows or ctypes.windll.kernel32  # type: ignore[attr-defined]  # Windows alone has it
    windows.LoadLibraryW.restype = ctypes.c_void_p
    windows.GetModuleFileNameW.argtypes = (ctypes.c_void_p, ctypes.c_wchar_p, ctypes.c_uint32)
    handle = windows.LoadLibraryW(NAME)  # the one that is there already, if there is one
    path = ctypes.create_unicode_buffer(32768)
    if not handle or not windows.GetModuleFileNameW(handle, path, len(path)):
        return None
    return Path(path.value)


def file_version(path: Path) -> tuple[int, int, int, int] | None:
    """(14, 29, 30133, 0) of a library, from its resources; None where it has none or cannot be read."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    # the mark of VS_FIXEDFILEINFO (winver.h); after it and the structure's own version comes the file's, 2 x 32 bits
    place = content.find(struct.pack("<I", 0xFEEF04BD))
    if place < 0 or len(content) < place + 16:
        return None
    high, low = struct.unpack_from("<II", content, place + 8)
    return high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF


def is_too_old(path: Path) -> bool:
    version = file_version(path)
    return version is not None and version[:2] < LEAST


def cure_of(bug: ImportError) -> str:
    """What to do about a package that cannot be imported; '' where this file is not to blame for it."""
    # what Python says where a library's own start fails, or one that it needs is missing
    if not any(sign in str(bug) for sign in ("initialization routine failed", "DLL load failed")):
        return ""
    path = loaded()
    if path is None:
        return mend(None)
    return f"{name(path)} is too old. {mend(path)}" if is_too_old(path) else ""


def name(path: Path) -> str:
    """msvcp140.dll 14.29.30133.0 in its folder."""
    version = file_version(path)
    said = ".".join(map(str, version)) if version else "without a version"
    return f"{NAME} {said} in {PureWindowsPath(path).parent}"


def mend(path: Path | None) -> str:
    """What to do about the one that this process gets. Windows's own is renewed by Microsoft's installer; another
    program's is found first only because its folder is on the way."""
    folder = PureWindowsPath(path).parent if path else None
    if folder is None or folder.name.lower() in ("system32", "syswow64"):
        return f"Install Microsoft's current Visual C++ Redistributable ({REDISTRIBUTABLE}), then restart Blender."
    return f"Another program's old {NAME} is found first: take {folder} out of the variable PATH, then restart Blender."
