"""One ASGI application over all doors."""

from __future__ import annotations

from dependency_injector import providers

from stickercase.entrypoints.container import Container
from stickercase.entrypoints.http.api import make_api
from stickercase.entrypoints.http.front import Front
from stickercase.entrypoints.settings import Settings


def make_container(settings: Settings) -> Container:
    """The container for ``settings``; nothing is contacted yet."""
    return Container(settings=providers.Object(settings))


def make_app(container: Container) -> Front:
    """The application of an ``api`` process."""
    return make_api(container)
