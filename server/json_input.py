"""JSON from outside: nothing that can be sent makes the parser do worse than refuse."""

from __future__ import annotations

import json
from typing import Any

from server.problems import refuse

#: Bytes of a request's body or of a message.
MAX_BYTES = 64 * 1024


def parse_json(data: bytes | str) -> Any:
    """The value. NaN, infinities and 1e999 pass here, so that the models can name the field in which they stand.

    Raises Refused for what is not JSON in UTF-8, is nested too deeply, or holds an integer of thousands of digits.
    """
    try:
        return json.loads(data)
    except RecursionError:
        raise refuse(422, "The JSON is nested too deeply.", "JSON 嵌套过深。", bound="a few levels") from None
    except ValueError:
        raise refuse(
            422,
            "This is not JSON in UTF-8 with numbers of ordinary length. Check quotation marks, commas and brackets.",
            "这不是 UTF-8 编码、数字长度正常的 JSON。请检查引号、逗号和括号。",
            bound="JSON",
        ) from None
