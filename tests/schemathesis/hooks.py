"""What Schemathesis cannot know of the service. Each exception has its reason beside it."""

import json
import re

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

# The codes that say “this is not what the document says”. A right request must never meet one of them; with any other
# code it was understood, and refused by a rule that no schema can tell (a day in the past, a name that is taken).
OF_THE_SHAPE = {
    "body_incomplete",
    "body_required",
    "invalid_encoding",
    "invalid_field",
    "invalid_idempotency_key",
    "invalid_json",
    "invalid_multipart",
    "invalid_parameter",
    "unknown_field",
    "unknown_parameter",
    "unsupported_media_type",
}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if isinstance(failure, RejectedPositiveData):
        return told(response).get("code") in OF_THE_SHAPE
    return True


@schemathesis.hook
def map_body(context, body):
    """Webhooks are really sent: to a host that does not exist (RFC 6761)."""
    if isinstance(body, dict) and isinstance(body.get("url"), str):
        return {**body, "url": re.sub(r"^(https?://)[^/]*", r"\1hook.invalid", body["url"])}
    return body


def told(response):
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
