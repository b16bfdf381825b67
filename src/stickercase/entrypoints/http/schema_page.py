"""The OpenAPI document as a page that reads without a network: plain HTML made from the schema itself."""

from __future__ import annotations

from html import escape
from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.router import Router

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "code,pre{background:#f3f3f6;border-radius:4px;padding:.1em .3em}pre{padding:1em;overflow:auto}"
    "summary{cursor:pointer;padding:.4em 0;border-top:1px solid #ddd}.m{display:inline-block;min-width:4.5em;"
    "font-weight:700;color:#fff;background:#36c;border-radius:4px;text-align:center;margin-right:.6em}"
    ".get{background:#287d3c}.post{background:#b35c00}.patch,.put{background:#6b3fa0}"
)


class SchemaPage(OpenAPIRenderPlugin):
    """Shows every operation with its parameters, body and answers."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def receive_router(self, router: Router) -> None:
        """Nothing beside the page: Litestar itself serves openapi.json next to it."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page."""
        info = openapi_schema["info"]
        operations = "".join(
            _operation(path, method, operation)
            for path, item in openapi_schema["paths"].items()
            for method, operation in item.items()
            if isinstance(operation, dict)
        )
        schemas = openapi_schema.get("components", {}).get("schemas", {})
        shapes = "".join(
            f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>"
            f"<pre>{escape(self.render_json(request, schema).decode())}</pre></details>"
            for name, schema in schemas.items()
        )
        return (
            f"<!doctype html><meta charset='utf-8'><title>{escape(info['title'])}</title><style>{STYLE}</style>"
            f"<h1>{escape(info['title'])}</h1><p>{escape(info.get('description', ''))} "
            f"<a href='/schema/openapi.json'>openapi.json</a></p>{operations}<h2>Shapes</h2>{shapes}"
        ).encode()


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<li><code>{escape(p['name'])}</code> in {escape(p['in'])}{' (required)' if p.get('required') else ''}</li>"
        for p in operation.get("parameters") or ()
    )
    answers = "".join(
        f"<li><code>{escape(code)}</code> {escape(answer.get('description', ''))}</li>"
        for code, answer in (operation.get("responses") or {}).items()
    )
    return (
        f"<details><summary><span class='m {method}'>{method.upper()}</span><code>{escape(path)}</code> "
        f"{escape(operation.get('summary') or '')}</summary><p>{escape(operation.get('description') or '')}</p>"
        f"<ul>{parameters}</ul><p>Body: {_body(operation)}</p><ul>{answers}</ul></details>"
    )


def _body(operation: dict[str, Any]) -> str:
    content = (operation.get("requestBody") or {}).get("content") or {}
    names = [str(kind.get("schema", {}).get("$ref", "")).rpartition("/")[2] for kind in content.values()]
    return ", ".join(f"<a href='#{escape(name)}'>{escape(name)}</a>" for name in names if name) or "none"
