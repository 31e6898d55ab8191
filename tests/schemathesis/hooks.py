"""What Schemathesis cannot know of the service. Each exception has its reason beside it."""

import datetime
import json
import re

import schemathesis
from hypothesis import strategies as st
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


# Refusals of the shape that a schema cannot express: by the path of the field and the words of its message.
BEYOND_SCHEMAS = [
    # Either of two parameters, not both.
    ("from", "不能与 cursor 同时给出"),
    ("school_year", "与 round_id 只能填一个"),
    ("school_year", "或一次考评的编号"),
    ("plan_id", "一次考评属于它的方案"),
    ("task_id", "只能写一个"),
    ("obligation_id", "请写 obligation_id 或 task_id"),
    ("unit_code", "单位由事项确定"),
    ("unit_code", "就任务提出的"),
    # A row is of an assignment or of an indicator, and the other kind's fields are left out.
    ("assignment_id", "请写明任务分工或指标"),
    ("indicator_id", "任务分工与指标只能写一个"),
    ("", "只有指标才填这一项"),
    ("evidence", "指标的佐证材料请填在整份填报的"),
    ("value", "请填写指标的数值"),
    ("", "指标只填 value 和 note"),
    # 2.0 is an integer to JSON Schema; here it is none.
    ("", "类型不对，应为整数"),
    # A text of blanks only; patterns that refuse it make nearly no other texts.
    ("", "不能为空"),
    ("text", "请写明问题"),
    # multipleOf of decimal fractions means nothing in floats.
    ("", "小数最多 6 位"),
    # Only some years have a 53rd week.
    ("", "-W53”不是周期段"),
]

# Days lie in 1900 to 2200, as their pattern says; without this hardly one that is made would.
DAYS = st.dates(datetime.date(1900, 1, 1), datetime.date(2200, 12, 31)).map(str)
schemathesis.openapi.format("date", DAYS)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if not isinstance(failure, RejectedPositiveData):
        return True
    problem = told(response)
    return problem.get("code") in OF_THE_SHAPE and not all(map(is_beyond_schemas, problem.get("errors") or [{}]))


def is_beyond_schemas(error):
    path, message = error.get("path", ""), error.get("message", "")
    return any(path.endswith(known) and words in message for known, words in BEYOND_SCHEMAS)


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
