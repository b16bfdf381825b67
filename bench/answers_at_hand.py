"""The least that a server can do: the same server process, answering with bytes that it has at hand.

``python -m bench.answers_at_hand FILE``: FILE has one JSON object, of addresses and what was answered there. A request
with If-None-Match is answered with 304 and no body.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import uvicorn

from stickercase.entrypoints.cli.serving import BACKLOG, AnnouncingServer, listening, stop_on_termination
from stickercase.entrypoints.settings import read_settings

JSON = (b"content-type", b"application/json")


class AnswersAtHand:
    """ASGI without a framework, a database, or a thought."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self._answers = answers

    async def __call__(self, scope: Any, _: Any, send: Any) -> None:
        """Answer."""
        if scope["type"] != "http":
            return
        known = any(name == b"if-none-match" for name, _ in scope["headers"])
        body = b"" if known else self._answers[scope["raw_path"].decode()]
        headers = [JSON, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 304 if known else 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


def main() -> None:
    """Serve as `stickercase api` does."""
    answers = {path: body.encode() for path, body in json.loads(Path(sys.argv[1]).read_text()).items()}
    stop_on_termination()
    with listening(read_settings(os.environ)) as listener:
        port = listener.getsockname()[1]
        announced = json.dumps({"event": "api_listening", "port": port})
        config = uvicorn.Config(
            AnswersAtHand(answers),
            loop="uvloop",
            http="httptools",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            lifespan="off",
        )
        try:
            AnnouncingServer(config, lambda: print(announced, flush=True)).run(sockets=[listener])
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
