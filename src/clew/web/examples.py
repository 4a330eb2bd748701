"""The examples of the API's document. A test sends them."""

from typing import Any

LEAD: dict[str, Any] = {
    "source": "website",
    "external_id": "order-form-20261123-0042",
    "occurred_at": "2026-11-23T09:41:00+08:00",
    "name": "张三",
    "phone": "13812345678",
    "company": "昆山锐达自动化",
    "region": "苏州",
    "category": "伺服电机",
    "message": "要 3 台 400W 伺服电机，周五前能到吗",
    "utm": {"source": "baidu", "campaign": "servo"},
    "page": "https://www.example.com/servo/400w",
    "consents": [
        {
            "purpose": "enquiry",
            "text_version": "1",
            "given_at": "2026-11-23T09:41:00+08:00",
        }
    ],
    "extra": {"form": "order"},
}
ONE = {"summary": "One lead, with all that is known", "value": LEAD}
ARRAY = {
    "summary": "Several leads; one way of reaching the person suffices",
    "value": [
        {"source": "website", "phone": "13912345678", "message": "变频器 7.5 kW 有货吗"},
        {"source": "website", "wechat": "zhoujianguo", "name": "周建国"},
        {"source": "website", "email": "buyer@example.com", "company": "Example Ltd"},
    ],
}
REFUSED = {
    "unreachable": {
        "summary": "A lead that nobody could call",
        "value": {
            "type": "urn:clew:problem:leads_refused",
            "title": "This cannot be used",
            "status": 422,
            "detail": "Nothing was stored. Mend what `errors` lists and send all of it again.",
            "code": "leads_refused",
            "errors": [
                {
                    "index": 0,
                    "field": "",
                    "code": "unreachable",
                    "reason": "No way to reach the person: give a phone, an email or a wechat.",
                }
            ],
        },
    }
}
ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "status": {"enum": ["accepted", "duplicate"]},
    },
}
LINKS = {
    name: {"operationId": name, "parameters": {"lead_id": "$response.body#/id"}}
    for name in ("lead", "trace")
}
ACCEPTED: dict[str, Any] = {
    "description": "Stored. One lead is answered by its id, an array by the list of ids in order.",
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [
                    ANSWER,
                    {
                        "type": "object",
                        "required": ["leads"],
                        "properties": {"leads": {"type": "array", "items": ANSWER}},
                    },
                ]
            },
            "example": {"id": "0193577e-6d2a-7c4e-9a1b-2f6d1c0e8a55", "status": "accepted"},
        }
    },
    "links": LINKS,
}
