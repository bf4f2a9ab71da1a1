"""
Runs such as no sound program writes.
"""

from __future__ import annotations

import json

from typing import Any

from hypothesis import strategies as st


NOW = 1_795_329_792_000_000_000
TEXTS = st.one_of(
    st.sampled_from(
        ["", "a", "\ud800", "x\udc00\ud83dy", "😀", "\u202eevil", "\x1b[2J\x9b", "\x00"]
    ),
    st.text(st.characters(codec=None), max_size=5),
)
URLS = st.one_of(
    st.sampled_from(
        [
            "",
            "http://[::1",
            "/only/a/path?",
            "ws://h/s",
            "http://h/?a=1&a=&%ff=%",
            "\ud800",
        ]
    ),
    st.just("https://user:REDACTED@h:99999/p?q=\u2028#f"),
)
TIMES = st.one_of(
    st.integers(NOW, NOW + 20_000),
    st.sampled_from([0, 1, -5, 2**63 - 1, 2**70, NOW + 10**15 + 1, None, "soon", 1.5]),
)
NUMBERS = st.sampled_from([0, -1, 200, 404, 2**53 + 1, 10**30, -(2**70)])
VALUES = st.recursive(
    st.one_of(
        TEXTS.map(lambda text: {"stringValue": text}),
        NUMBERS.map(lambda number: {"intValue": str(number)}),
        st.sampled_from(
            [
                {"doubleValue": "NaN"},
                {"doubleValue": "-Infinity"},
                {"doubleValue": 1e400},
                {"doubleValue": 0.25},
                {"boolValue": True},
                {"bytesValue": "/wA="},
                {"bytesValue": "?"},
                {},
                {"intValue": "many"},
            ]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda some: {"arrayValue": {"values": some}}),
        st.tuples(TEXTS, inner).map(
            lambda pair: {
                "kvlistValue": {"values": [{"key": pair[0], "value": pair[1]}]}
            }
        ),
    ),
    max_leaves=3,
)
NAMES = st.one_of(
    TEXTS,
    st.sampled_from(
        [
            "http.request.header.cookie",
            "http.response.header.set-cookie",
            "http.response.header.content-type",
            "http.response.header.location",
            "http.request.body.content",
            "http.response.body.content",
            "http.response.body.size",
            "http.response.status_code",
            "otel_testkit.http.time_to_headers",
            "otel_testkit.time_to_connect",
            "otel_testkit.time_to_secure",
            "network.peer.address",
            "network.protocol.version",
            "server.address",
            "db.system.name",
            "otel_testkit.open",
            "otel_testkit.outcome",
            "exception.type",
        ]
    ),
)
ATTRIBUTES = st.dictionaries(NAMES, VALUES, max_size=4).map(
    lambda told: [{"key": key, "value": value} for key, value in told.items()]
)
COUNTS = st.sampled_from([None, 0, 3, -1, 2**40, True, "7"])
# Any of twelve in any of two traces; some ids are none.
SPAN_IDS = st.integers(0, 12).map(lambda number: f"{number:016X}")
TRACE_IDS = st.sampled_from(
    ["a" * 32, "A" * 31 + "B", "0" * 32, "AAAAAAAAAAAAAAAAAAAAAA==", ""]
)


@st.composite
def spans(draw: st.DrawFn) -> dict[str, Any]:
    attributes = draw(ATTRIBUTES)
    if draw(st.booleans()):
        attributes.append({"key": "url.full", "value": {"stringValue": draw(URLS)}})
        attributes.append(
            {"key": "http.request.method", "value": {"stringValue": "GET"}}
        )
    if draw(st.integers(0, 3)) == 0:
        attributes.append(
            {"key": "test.case.name", "value": {"stringValue": draw(TEXTS)}}
        )

    return {
        "traceId": draw(TRACE_IDS),
        "spanId": draw(SPAN_IDS),
        "parentSpanId": draw(SPAN_IDS),
        "name": draw(TEXTS),
        "kind": draw(st.sampled_from([0, 1, 3, 3, "SPAN_KIND_CLIENT", 9, None])),
        "flags": draw(COUNTS),
        "startTimeUnixNano": draw(TIMES),
        "endTimeUnixNano": draw(TIMES),
        "attributes": attributes,
        "droppedAttributesCount": draw(COUNTS),
        "events": draw(
            st.lists(
                st.fixed_dictionaries(
                    {"name": TEXTS, "timeUnixNano": TIMES, "attributes": ATTRIBUTES}
                ),
                max_size=1,
            )
        ),
        "links": [{"traceId": draw(TRACE_IDS), "spanId": draw(SPAN_IDS)}],
        "status": draw(
            st.sampled_from(
                [{}, {"code": 2, "message": "\ud800"}, {"code": 77}, None, []]
            )
        ),
    }


LOGS = st.fixed_dictionaries(
    {
        "traceId": TRACE_IDS,
        "spanId": SPAN_IDS,
        "timeUnixNano": TIMES,
        "severityNumber": st.sampled_from([0, 9, 99, "SEVERITY_NUMBER_INFO", None]),
        "severityText": TEXTS,
        "body": st.one_of(VALUES, st.none()),
        "attributes": ATTRIBUTES,
    }
)
RESOURCES = st.one_of(
    ATTRIBUTES.map(lambda told: {"attributes": told}),
    st.sampled_from([None, [], {"attributes": 3}]),
)
REQUESTS = st.one_of(
    st.tuples(RESOURCES, st.lists(spans(), max_size=4)).map(
        lambda told: {
            "resourceSpans": [
                {"resource": told[0], "scopeSpans": [{"scope": None, "spans": told[1]}]}
            ]
        }
    ),
    st.tuples(RESOURCES, st.lists(LOGS, max_size=2)).map(
        lambda told: {
            "resourceLogs": [
                {
                    "resource": told[0],
                    "scopeLogs": [{"scope": {"name": 3}, "logRecords": told[1]}],
                }
            ]
        }
    ),
    st.sampled_from([7, {"resourceSpans": [None, {"scopeSpans": 5}]}]),
)
# The last line may be torn.
FILES = st.tuples(
    st.lists(REQUESTS, max_size=4), st.sampled_from(["", '{"resourceSp'])
).map(lambda told: "".join(f"{json.dumps(one)}\n" for one in told[0]) + told[1])
