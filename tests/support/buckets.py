"""A bucket that speaks S3's HTTP on a real socket, and believes no request that is not signed for it.

Signatures are checked as Amazon's documents describe them ("Signature Version 4", canonical request and all), so that
a wrong key, a changed body or a changed header is refused with 403 as there.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

NAME, REGION, ACCESS_KEY, SECRET_KEY = "pictures-of-a-test", "eu-north-1", "AKTEST", "a-key-that-no-message-may-show"


@dataclass
class Bucket:
    """What the bucket holds: by key the body and the headers it was put with. ``trouble`` is answered instead."""

    url: str
    objects: dict[str, tuple[bytes, dict[str, str]]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    trouble: int | None = None


class _Server(ThreadingHTTPServer):
    """Serves one bucket."""

    held: Bucket


class _Handler(BaseHTTPRequestHandler):
    """One caller."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: Any) -> None:
        pass

    def serve(self) -> None:
        held = self.server.held
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = urlsplit(self.path).path
        held.requests.append(f"{self.command} {path}")
        if held.trouble is not None:
            self._answer(held.trouble)
        elif not f"{path}/".startswith(f"/{NAME}/"):
            self._answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        elif not _is_signed(self.command, self.path, dict(self.headers), body):
            self._answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        else:
            self._act(held, path.removeprefix(f"/{NAME}/"), body)

    def _act(self, held: Bucket, key: str, body: bytes) -> None:
        if self.command == "PUT":
            kept = {name: self.headers[name] for name in ("Content-Type", "Cache-Control") if name in self.headers}
            held.objects[key] = (body, kept)
            self._answer(200, ETag=_tag(body))
        elif self.command == "POST":  # several at once, by a list in the body
            gone = re.findall(rb"<Key>([^<]+)</Key>", body)
            for one in gone:
                held.objects.pop(one.decode(), None)
            told = b"".join(b"<Deleted><Key>%s</Key></Deleted>" % one for one in gone)
            self._answer(200, b"<DeleteResult>%s</DeleteResult>" % told)
        elif key not in held.objects:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            found, kept = held.objects[key]
            worded = {name.replace("-", "_"): value for name, value in kept.items()}
            self._answer(200, found, ETag=_tag(found), Last_Modified="Sat, 01 Jan 2022 00:00:00 GMT", **worded)

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


for verb in ("GET", "HEAD", "PUT", "POST"):
    setattr(_Handler, f"do_{verb}", _Handler.serve)


@contextmanager
def bucket() -> Iterator[Bucket]:
    """An empty bucket."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.held = Bucket(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _tag(body: bytes) -> str:
    return f'"{md5(body).hexdigest()}"'


def _is_signed(method: str, target: str, headers: dict[str, str], body: bytes) -> bool:
    told = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    scheme, _, rest = told.get("authorization", "").partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    digest = told.get("x-amz-content-sha256", "")
    if scheme != "AWS4-HMAC-SHA256" or digest not in (sha256(body).hexdigest(), "UNSIGNED-PAYLOAD"):
        return False
    names = parts["SignedHeaders"].split(";")
    parsed = urlsplit(target)
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(parse_qsl(parsed.query, keep_blank_values=True))
    )
    signed = "".join(f"{name}:{told[name]}\n" for name in names)
    request = "\n".join([method, parsed.path, query, signed, ";".join(names), digest])
    key_id, day, region, service, end = parts["Credential"].split("/")
    if (key_id, region, service, end) != (ACCESS_KEY, REGION, "s3", "aws4_request") or "host" not in names:
        return False
    scope = f"{day}/{region}/{service}/{end}"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", told["x-amz-date"], scope, sha256(request.encode()).hexdigest()])
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (day, region, service, end, to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.compare_digest(key.hex(), parts["Signature"])
