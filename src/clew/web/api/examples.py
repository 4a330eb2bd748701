"""The examples of the API's document. A test sends them all and holds the answers against the shapes."""

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
UNSTORED: dict[str, Any] = {
    "unavailable": {
        "summary": "Certainly not stored",
        "value": {
            "type": "urn:clew:problem:unavailable",
            "title": "Not reachable for a moment",
            "status": 503,
            "detail": "Clew cannot store this right now. Nothing was accepted; try again shortly.",
            "code": "unavailable",
        },
    },
    "outcome_unknown": {
        "summary": "Perhaps stored, and safe to send again",
        "value": {
            "type": "urn:clew:problem:outcome_unknown",
            "title": "Not reachable for a moment",
            "status": 503,
            "detail": "It is not known whether this was stored. Send it once more as it is: it is stored once.",
            "code": "outcome_unknown",
        },
    },
    "outcome_unknown_unnamed": {
        "summary": "Perhaps stored, and sent without a key or an external_id for each lead",
        "value": {
            "type": "urn:clew:problem:outcome_unknown_unnamed",
            "title": "Not reachable for a moment",
            "status": 503,
            "detail": "It is not known whether these leads were stored, and sent again they may be stored twice. With an Idempotency-Key, or an external_id for each, they would be stored once.",
            "code": "outcome_unknown_unnamed",
        },
    },
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

LEAD_ID = "0193577e-6d2a-7c4e-9a1b-2f6d1c0e8a55"
CONTACT_ID = "0193577e-6d31-7b02-8c44-51d0a7e9f310"
OTHER_ID = "0193577e-8f10-7d21-b0c3-6a4f0e2d9b71"
OTHER_LEAD_ID = "0193577e-8f0c-7a9e-8d55-3c1b7f6e2a04"
MERGE_ID = "0193577f-1b42-7e63-9f08-2d5c4a7b8e19"
CURSOR = "WyJsZWFkcyIsNzQxMjAsIiJd.mPq3T0c1n0n4bqkW8R1nJYdXlq3fN2Zp0sVtq8uW1hE"
MOMENT = "2026-11-23T09:41:02.318000+08:00"
SINCE = "2026-11-23T00:00:00+08:00"
# What is asked for, by operation and parameter; the lead that they mean is LEAD.
ASKED: dict[str, dict[str, Any]] = {
    "lead": {"lead_id": LEAD_ID},
    "trace": {"lead_id": LEAD_ID},
    "leads": {
        "limit": 200,
        "updated_since": SINCE,
        "source": LEAD["source"],
        "category": LEAD["category"],
        "region": "3205",
        "state": "open",
        "grade": "medium",
    },
    "contacts": {"limit": 200, "updated_since": SINCE, "ways": "masked"},
    "placements": {"limit": 200, "updated_since": SINCE, "lead": LEAD_ID, "state": "open"},
    "events": {"limit": 200, "updated_since": SINCE, "name": "LeadOpened", "subject": LEAD_ID},
    "fields": {},
    "deletions": {"limit": 200, "updated_since": SINCE, "kind": "lead"},
    "duplicates": {"limit": 200, "min_score": 60},
}
# What is sent, by operation.
ORDER: dict[str, Any] = {
    "contact_id": OTHER_ID,
    "survivor_id": CONTACT_ID,
    "name": "survivor",
    "company": "contact",
    "reason": "同一个人，打错一位",
    "is_agreed": False,
}
SENT: dict[str, Any] = {
    "lookup": {"phone": "138 1234 5678"},
    "preview": ORDER,
    "merge": [ORDER],
    "unmerge": {"merge_ids": [MERGE_ID]},
}
PERSON: dict[str, Any] = {
    "contact_id": CONTACT_ID,
    "name": LEAD["name"],
    "company": LEAD["company"],
    "ways": ["138****5678"],
    "leads": [LEAD_ID],
    "since": MOMENT,
}
OTHER: dict[str, Any] = {
    **PERSON,
    "contact_id": OTHER_ID,
    "company": "昆山锐达自动化设备厂",
    "ways": ["138****5687"],
    "leads": [OTHER_LEAD_ID],
}
PLACE: dict[str, Any] = {
    "kind": "person",
    "team_id": 1,
    "team": "线上组",
    "member_id": 4,
    "person": "林晓",
    "reason": "turn",
    "since": MOMENT,
}
STANDS: dict[str, Any] = {
    "source": LEAD["source"],
    "region": "江苏 苏州",
    "region_code": 320500,
    "custom": {"voltage": 48, "due": "2026-12-15", "budget": 1200000},
    "submission_count": 1,
    "ended_at": None,
    "place": PLACE,
}


def _page(item: dict[str, Any]) -> dict[str, Any]:
    return {"items": [item], "next_cursor": CURSOR, "has_more": False}


ANSWERS: dict[str, dict[str, Any]] = {
    "lead": {
        **STANDS,
        "id": LEAD_ID,
        "status": "person",
        "received_at": MOMENT,
        "lead_id": LEAD_ID,
        "grade": {
            "level": "high",
            "is_by_person": False,
            "points": 65,
            "signals": [["Urgent", 25], ["Quantity", 40]],
        },
    },
    "trace": {
        "lead_id": LEAD_ID,
        "kind": "person",
        "reason": "turn",
        "way": "turn",
        "team": "线上组",
        "decided_at": MOMENT,
        "chosen": "林晓",
        "candidates": [
            {
                "name": "林晓",
                "weight": 2,
                "due": 0.75,
                "open_count": 3,
                "capacity": 50,
                "excluded": "",
                "is_chosen": True,
                "waited_seconds": 0,
            }
        ],
        "sieve": [["absent", 3, 2]],
        "is_recomputed_equal": True,
        "grade": None,
    },
    "leads": _page(
        {
            **STANDS,
            "id": LEAD_ID,
            "contact_id": CONTACT_ID,
            "category": LEAD["category"],
            "interest": LEAD["message"],
            "opened_at": MOMENT,
            "strengthened_at": MOMENT,
            "valid_until": "2027-02-21T09:41:02.318000+08:00",
            "is_history": False,
            "follows": None,
            "grade": {"level": "medium", "is_by_person": False, "points": 40},
            "changed_at": MOMENT,
        }
    ),
    "contacts": _page(
        {
            "id": CONTACT_ID,
            "name": LEAD["name"],
            "company": LEAD["company"],
            "ways": [{"kind": "phone", "value": "138****5678"}],
            "is_masked": True,
            "created_at": MOMENT,
            "changed_at": MOMENT,
        }
    ),
    "placements": _page(
        {**PLACE, "id": 7, "lead_id": LEAD_ID, "until": None, "changed_at": MOMENT}
    ),
    "events": _page(
        {
            "id": 912,
            "at": MOMENT,
            "name": "LeadOpened",
            "subject": LEAD_ID,
            "actor_kind": "system",
            "actor_id": "belt",
            "data": {"contact_id": CONTACT_ID, "source_id": 2},
        }
    ),
    "fields": {
        "items": [
            {
                "key": "mounting",
                "label": "安装方式",
                "kind": "choice",
                "choices": [{"key": "flange", "label": "法兰", "is_retired": False}],
                "unit": "",
                "currency": None,
                "is_retired": False,
            },
            {
                "key": "budget",
                "label": "预算",
                "kind": "money",
                "choices": [],
                "unit": "",
                "currency": "CNY",
                "is_retired": False,
            },
        ]
    },
    "deletions": _page({"kind": "lead", "id": LEAD_ID, "deleted_at": MOMENT}),
    "duplicates": _page(
        {
            "id": 31,
            "found_at": MOMENT,
            "score": 85,
            "reasons": ["same_name", "typo"],
            "first": PERSON,
            "second": OTHER,
            "hidden": None,
            "is_contested": False,
        }
    ),
    "lookup": {
        "matches": [
            {"person": PERSON, "hidden": None},
            {
                "person": None,
                "hidden": {"teams": ["线下组"], "advice": "Exists, with 线下组: ask there."},
            },
        ]
    },
    "preview": {
        "contact": OTHER,
        "survivor": PERSON,
        "name": LEAD["name"],
        "company": OTHER["company"],
        "stays_open": LEAD_ID,
        "closes": OTHER_LEAD_ID,
        "is_contested": False,
        "refusal": None,
    },
    "merge": {
        "merges": [
            {
                "contact_id": OTHER_ID,
                "survivor_id": CONTACT_ID,
                "status": "merged",
                "merge_id": MERGE_ID,
                "name": LEAD["name"],
                "company": OTHER["company"],
                "closed_lead": OTHER_LEAD_ID,
                "problem": None,
            }
        ]
    },
    "unmerge": {
        "merges": [
            {
                "merge_id": MERGE_ID,
                "status": "apart",
                "reopened": [OTHER_LEAD_ID],
                "moved": 0,
                "problem": None,
            }
        ]
    },
}
