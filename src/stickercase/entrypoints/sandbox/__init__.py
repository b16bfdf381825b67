"""The sandbox of outside services: a server of ours that stands in for the vendors in demos and tests.

It speaks their HTTP, so the same adapters talk to it as in production. There it cannot even be imported.
"""

from __future__ import annotations

import os

if os.environ.get("STICKERCASE_ENV") == "production":
    raise ImportError("the sandbox of outside services has no place in production")
