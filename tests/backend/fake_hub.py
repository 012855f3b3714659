"""A hub on this machine: enough of its interface for huggingface_hub, with faults on demand."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def commit_of(repo: str) -> str:
    return hashlib.sha1(repo.encode()).hexdigest()


@dataclass
class FakeHub:
    """repos: files by repository. commits: of those that have another than commit_of's. gated: repositories that want a
    token. cut: bytes after which a file's first answer breaks off. altered: files that come otherwise than listed.
    asked: (method, path, Range) of all requests."""

    repos: dict[str, dict[str, bytes]]
    commits: dict[str, str] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    cut: dict[str, int] = field(default_factory=dict)
    altered: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    address: str = ""

    def commit(self, repo: str) -> str:
        return self.commits.get(repo, commit_of(repo))

    def listing(self, repo: str) -> dict:
        siblings = []
        for name, data in self.repos[repo].items():
            one: dict = {"rfilename": name, "size": len(data), "blobId": git_blob(data)}
            if large(name):
                digest = hashlib.sha256(data).hexdigest()
                one["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 130}
            siblings.append(one)
        return {
            "_id": "1",
            "id": repo,
            "modelId": repo,
            "sha": self.commit(repo),
            "private": False,
            "siblings": siblings,
        }


def large(name: str) -> bool:
    return name.endswith((".safetensors", ".bin"))


def git_blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@contextmanager
def serve(hub: FakeHub) -> Iterator[FakeHub]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words) -> None:
            pass

        def refuse(self, status: int, code: str) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_HEAD(self) -> None:
            self.answer(with_body=False)

        def do_GET(self) -> None:
            self.answer(with_body=True)

        def answer(self, with_body: bool) -> None:
            path = self.path.partition("?")[0].strip("/")
            hub.asked.append((self.command, path, self.headers.get("Range", "")))
            listed = path.startswith("api/models/")
            words = path.removeprefix("api/models/").split("/")
            repo, rest = "/".join(words[:2]), words[2:]
            if repo not in hub.repos:
                return self.refuse(404, "RepoNotFound")
            if repo in hub.gated and not self.headers.get("Authorization"):
                return self.refuse(401, "GatedRepo")
            if len(rest) > 1 and rest[1] not in ("main", hub.commit(repo)):
                return self.refuse(404, "RevisionNotFound")
            if listed:
                return self.give(json.dumps(hub.listing(repo)).encode(), {}, with_body)
            name = "/".join(rest[2:])
            if name not in hub.repos[repo]:
                return self.refuse(404, "EntryNotFound")
            data = hub.repos[repo][name]
            etag = hashlib.sha256(data).hexdigest() if large(name) else git_blob(data)
            if name in hub.altered:
                data = data[:-1] + bytes([data[-1] ^ 1])
            headers = {"X-Repo-Commit": hub.commit(repo), "ETag": f'"{etag}"'}
            self.give(data, headers, with_body, hub.cut.pop(name, None) if with_body else None)

        def give(self, data: bytes, headers: dict[str, str], with_body: bool, cut: int | None = None) -> None:
            begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
            self.send_response(206 if begin else 200)
            if begin:
                headers["Content-Range"] = f"bytes {begin}-{len(data) - 1}/{len(data)}"
            for name, value in {**headers, "Content-Length": str(len(data) - begin)}.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                self.wfile.write(data[begin:cut])
                if cut is not None:
                    self.wfile.flush()
                    self.close_connection = True
                    self.connection.close()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
