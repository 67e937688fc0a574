"""What the framework cannot know of our answers when it writes the OpenAPI document."""

from typing import Any

ERROR = "Error"
PROBLEM = {
    "type": "object",
    "required": ["path", "code", "message"],
    "properties": {
        "path": {"type": "string", "description": "Dotted path of the value, or `(document)`."},
        "code": {"type": "string"},
        "message": {"type": "string"},
    },
}
BODY = {
    "type": "object",
    "description": "Every refusal has this shape; `code` is stable, `problems` lists all of them.",
    "required": ["code", "message", "problems"],
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "problems": {"type": "array", "items": PROBLEM},
    },
}
ALWAYS = {
    "401": "No token, or none that is known.",
    "404": "Nothing is here, or nothing of a site you are a member of.",
    "422": "The request cannot be carried out as written; every problem is listed.",
}
TO_WRITE = {
    "400": "The body is no JSON.",
    "403": "Your role or your token does not reach that far.",
    "409": "Somebody stored the like of it first.",
    "413": "The body is too long.",
    "415": "The body is not announced as `application/json`.",
}
TO_CHANGE = {
    "412": "It was changed since you read it.",
    "428": "If-Match is missing.",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
    "description": "The ETag that was read.",
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "An ETag that you hold; answered by 304 while it is good.",
}
METHODS = ("get", "post", "put", "patch", "delete")


def describe_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Document on every operation what may be refused, and the one shape of it."""
    result["components"].setdefault("schemas", {})[ERROR] = BODY
    for path, item in result["paths"].items():
        for method in METHODS:
            if method in item:
                _describe(path, method, item[method])
    return result


def _describe(path: str, method: str, operation: dict[str, Any]) -> None:
    refusals = dict(ALWAYS)
    parameters = operation.setdefault("parameters", [])
    if method == "get":
        refusals["304"] = ""
        if path.rstrip("/").endswith("}"):
            parameters.append(IF_NONE_MATCH)
    else:
        refusals |= TO_WRITE
    if method in {"put", "patch", "delete"}:
        refusals |= TO_CHANGE
        parameters.append(IF_MATCH)
    for status, text in sorted(refusals.items()):
        operation["responses"].setdefault(status, _answer(status, text))


def _answer(status: str, text: str) -> dict[str, Any]:
    if status == "304":
        return {"description": "You hold it already."}
    schema = {"$ref": f"#/components/schemas/{ERROR}"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}
