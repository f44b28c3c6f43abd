"""A request's body to checked fields: bounded before it is looked at, the first field that cannot be used named.

Knows no route and no field.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError

from deepseek_space.errors import FieldRefused, RequestError

MAX_BODY_BYTES = 8 << 20
Body = TypeVar("Body", bound=BaseModel)


async def read(request: Request) -> bytes:
    """Return the body. Raises RequestError as soon as it is too long."""
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MAX_BODY_BYTES:
            raise RequestError(f"The request is larger than {MAX_BODY_BYTES >> 20} MiB. Send less.")
    return bytes(data)


def json_object(data: bytes) -> dict[str, Any]:
    """Return the object that ``data`` is in JSON. Raises RequestError."""
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise RequestError(f"The body is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise RequestError("The body is no JSON object.")
    return found


def without_nulls(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``found`` without what clients write out and leave open."""
    return {name: value for name, value in found.items() if value is not None}


def checked(
    form: type[Body], found: Mapping[str, Any], *, place: Callable[[tuple[int | str, ...]], str] = lambda at: str(at[0])
) -> Body:
    """Return ``found`` as a ``form``. Raises FieldRefused by the name that ``place`` gives the field."""
    try:
        return form.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        unknown = first["type"] == "extra_forbidden" and len(first["loc"]) == 1
        said = "there is no such field here. Leave it out." if unknown else f"{first['msg']}."
        raise FieldRefused(place(first["loc"]), said) from error
