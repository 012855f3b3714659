"""A package index of its own on this machine, with wheels of a few hundred bytes, for the real pip."""

from __future__ import annotations

import http.server
import threading
import urllib.parse
import zipfile
from pathlib import Path


def make_wheel(folder: Path, name: str, version: str, module: str, needs: tuple[str, ...] = (), body: str = "") -> Path:
    """A wheel whose module tells its version, and does what body says."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = name.replace("-", "_")
    info, path = f"{plain}-{version}.dist-info", folder / f"{plain}-{version}-py3-none-any.whl"
    files = {
        f"{module}.py": f"__version__ = {version!r}\n{body}",
        f"{info}/METADATA": "\n".join(
            ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {n}" for n in needs)]
        )
        + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return path


class TinyIndex:
    """Serves a folder of wheels as PyPI does; `asked` are the file names that were fetched, in their order."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked, self.visits = folder, [], 0
        self.stall_at = ""  # a file with this in its name is sent only when `go` is set
        self.stalled, self.go = threading.Event(), threading.Event()
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.visits += 1
                name = urllib.parse.unquote(self.path).rstrip("/").rsplit("/", 1)[-1]
                if name.endswith(".whl"):
                    self.send_wheel(name)
                else:
                    files = [path.name for path in index.folder.glob(f"{name.replace('-', '_')}-*.whl")]
                    self.send("".join(f'<a href="/files/{file}">{file}</a>' for file in files).encode(), "text/html")

            do_HEAD = do_GET

            def send_wheel(self, name: str) -> None:
                index.asked.append(name)
                if index.stall_at and index.stall_at in name:
                    index.stalled.set()
                    index.go.wait(120)
                self.send((index.folder / name).read_bytes(), "application/zip")

            def send(self, body: bytes, kind: str) -> None:
                try:
                    self.send_response(200)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # cancelled

            def log_message(self, *_words) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.go.set()
        self.server.shutdown()
        self.server.server_close()
