"""The headers that every answer has, for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping

from litestar.openapi.spec import OpenAPIHeader, OpenAPIResponse, OpenAPIType, Reference, Schema

TEXT, NUMBER = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.INTEGER)
REQUEST_ID = OpenAPIHeader(
    schema=TEXT, description="The caller's `X-Request-Id` where it sent 1–64 visible characters, else a new one."
)
OF_REFUSALS = {
    "Retry-After": OpenAPIHeader(schema=NUMBER, description="Seconds to wait."),
    "RateLimit-Policy": OpenAPIHeader(schema=TEXT, description='The limits in force: `"player";q=20;w=1`.'),
    "RateLimit": OpenAPIHeader(schema=TEXT, description='What is left of them: `"player";r=0;t=1`.'),
}


def document_headers(responses: Mapping[str, OpenAPIResponse | Reference]) -> None:
    """Write down the request id of every answer, and what a 429 says of limits."""
    for status, response in responses.items():
        if isinstance(response, OpenAPIResponse):
            of_status = OF_REFUSALS if status == "429" else {}
            response.headers = {**(response.headers or {}), **of_status, "X-Request-Id": REQUEST_ID}
