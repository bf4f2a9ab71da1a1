"""
Texts that would do something if a page took them for more than texts, and a run in
which each of them stands wherever a text can stand.
"""

from __future__ import annotations

import json

from pathlib import Path

from tests.conftest import SECOND, RunFolder, exception


# Stands for a script that tells that it ran, and which of the texts it came from.
_RUN = "RUN"
_MARKUP = (
    "<script>RUN</script>",
    "</script><script>RUN</script>",
    "</template><script>RUN</script>",
    "</template></textarea></title></style></noscript><img src=x onerror=RUN>",
    "--><script>RUN</script><!--",
    "<!--<script>RUN",
    "]]><script>RUN</script>",
    '"><svg onload=RUN>',
    "'><svg/onload=RUN//",
    '" autofocus onfocus=RUN x="',
    "' onmouseover='RUN",
    "` onclick=RUN `",
    "<img src=x onerror=RUN>",
    "<img src=x onerror\x0c=\x0cRUN>",
    "<image href=x onerror=RUN>",
    "<body onload=RUN>",
    "<details open ontoggle=RUN>",
    "<video><source onerror=RUN></video>",
    "<audio src=x onerror=RUN>",
    "<input autofocus onfocus=RUN>",
    "<select autofocus onfocus=RUN>",
    "<marquee onstart=RUN>",
    '<iframe srcdoc="<script>RUN</script>"></iframe>',
    '<iframe src="javascript:RUN"></iframe>',
    '<object data="javascript:RUN"></object>',
    '<embed src="javascript:RUN">',
    "<svg><script>RUN</script></svg>",
    "<svg><animate onbegin=RUN attributeName=x dur=1s>",
    "<svg><a><animate attributeName=href values=javascript:RUN /><text>x</text></a>",
    "<math><mtext><table><mglyph><style><img src=x onerror=RUN></style>",
    '<noscript><p title="</noscript><img src=x onerror=RUN>">',
    '<form action="javascript:RUN"><button>send</button></form>',
    '<a href="javascript:RUN">here</a>',
    "<x onpointerover=RUN style='position:fixed;inset:0'>RUN</x>",
    '<template><script>RUN</script></template><div id="index">RUN</div>',
    "<scr<script>ipt>RUN</scr</script>ipt>",
    "\\u003cscript\\u003eRUN\\u003c/script\\u003e",
    "&lt;img src=x onerror=RUN&gt;",
    "&#60;img src=x onerror=RUN&#62;",
    "%3Cscript%3ERUN%3C/script%3E",
    "+ADw-script+AD4-RUN+ADw-/script+AD4-",
    "\uff1cscript\uff1eRUN\uff1c/script\uff1e",
    "nul \x00<script\x00>RUN</script>",
    "\u202e<script>RUN</script>\u2066\u200f\u061c",
    "\ud800<script>RUN</script>\udfff",
    "\u2028RUN\u2029//\r\n<script>RUN</script>",
    "\x1b[31m<script>RUN</script>\x1b]8;;http://evil.test\x07here\x1b]8;;\x07",
)
_ADDRESSES = (
    "javascript:RUN",
    "JaVaScRiPt:RUN//",
    "java\tscript:RUN",
    "\x01javascript:RUN",
    " javascript:RUN",
    "javascript://evil.test/%0aRUN",
    "data:text/html,<script>RUN</script>",
    "data:text/html;base64,PHNjcmlwdD5SVU48L3NjcmlwdD4=RUN",
    "vbscript:RUN",
    'http://evil.test/" onclick="RUN',
    "http://evil.test/'><img src=x onerror=RUN>",
    "//evil.test/RUN",
    "blob:http://evil.test/RUN",
)
_FETCHES = (
    '<meta http-equiv=refresh content="0;url=http://evil.test/RUN">',
    '<meta http-equiv=Content-Security-Policy content="default-src *">RUN',
    "<base href=http://evil.test/RUN/>",
    "<link rel=stylesheet href=http://evil.test/RUN.css>",
    "<img src=http://evil.test/RUN.png srcset=http://evil.test/RUN2.png>",
    "</style><style>*{display:none;background:url(http://evil.test/RUN)}</style>",
    "red}*{display:none;background:url(http://evil.test/RUN)}",
    "red;background:url(http://evil.test/RUN);position:fixed",
    "<div style=\"background:url('http://evil.test/RUN')\">",
)
_ENGINES = (
    "{{7*191}} {{RUN}}",
    "{{ ''.__class__.__mro__ }}RUN",
    "{% for x in range(9) %}RUN{% endfor %}",
    "{# RUN #}",
    "${7*191} ${RUN}",
    "#{7*191} RUN",
    "<%= 7*191 %> RUN",
    "{{constructor.constructor('RUN')()}}",
    "$& $1 $` $' $<x> \\1 \\g<0> RUN",
    "%s %d %n %(name)s {0} {name} RUN",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "\ufeffRUN\u200b\u00ad\u2060",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b" * 40 + "RUN",
    "👩‍👩‍👧‍👦" * 20 + "RUN",
    "RUN" + "https://a.test/?q=" * 200,
    "9007199254740993RUN",
    "'; DROP TABLE tests; -- RUN",
    "$(RUN) `RUN` && RUN | RUN",
    "=HYPERLINK(RUN)",
)
_TEXTS = (*_MARKUP, *_ADDRESSES, *_FETCHES, *_ENGINES)
_LINE = 10_000_000


def marker(number: int) -> str:
    """
    Give what the text of that number holds, and would run, where it holds a script.
    """
    return f"top.ran='h{number}h'"


def texts() -> list[str]:
    """
    Give all texts: the number of each is its place.
    """
    return [text.replace(_RUN, marker(place)) for place, text in enumerate(_TEXTS)]


def write_hostile(run: RunFolder) -> str:
    """
    Write a run with a test for each text, and in the end one with all that is too
    long, too deep or no text at all; gives the folder's path.
    """
    found = texts()
    run.header["command"] = found[3]
    run.resource |= {
        "vcs.ref.head.name": found[0],
        "vcs.repository.url.full": "javascript:top.ran='repository'",
        "otel_testkit.ci.change.url": "javascript:top.ran='change'",
        "otel_testkit.ci.actor": found[12],
        "cicd.pipeline.run.url.full": "data:text/html,<script>top.ran='run'</script>",
        "cicd.pipeline.name": found[7],
    }
    for number, text in enumerate(found):
        _test(run, number, text)
    _excesses(run, len(found))
    path = run.write()

    traces = Path(path, "traces.7-aa.jsonl")
    traces.write_bytes(traces.read_bytes().replace(b"BROKEN", b"\xff\xc3(\xed\xa0\x80"))

    return path


def _test(run: RunFolder, number: int, text: str) -> None:
    # Every other one passes in the end: two attempts that are laid side by side.
    for attempt in range(1 + number % 2):
        start = 10.0 * number + 5 * attempt
        outcome = "passed" if attempt else "failed"
        failed = exception(
            text or "E", text, file=text, line=7, source=text, relation="cause"
        )
        failed["attributes"].append(
            {"key": "exception.stacktrace", "value": {"stringValue": text}}
        )
        test = run.test(
            *(f"tests/test_x.py::test_{number}[{text}]", start, start + 4, outcome),
            trace_id=f"{2 * number + attempt + 1:032x}",
            exceptions=None if attempt else [failed],
            message=text,
            **{
                "test.suite.name": text,
                "team": text,
                text: text,
                "otel_testkit.tags": [text],
            },
        )
        _spans(run, test, start, text, 200 if attempt else 500)


def _spans(run: RunFolder, test: str, start: float, text: str, status: int) -> None:
    event = {"name": text, "timeUnixNano": str(SECOND), "attributes": []}
    step = run.step(text, start, start + 3, test)
    run.span(
        *(text, start, start + 0.1, step),
        scope=text,
        message=text,
        status=2,
        events=[event],
        **{text: text, "db.system.name": text, "db.query.text": text},
    )
    run.call("GET", text, status, start + 0.2, start + 0.3, test, body=text)
    hostile = {
        f"http.request.header.{text}": [text],
        "http.request.header.x-it": [text],
        f"http.response.header.{text}": [text, text],
        "http.response.header.content-type": ["text/html"],
        "http.response.header.location": [text],
        "http.request.body.content": json.dumps({text: text, "list": [text]}),
        "service.peer.name": text,
        "error.type": text,
    }
    body = json.dumps({text: text, "status": status, "<b>": [text, {text: None}]})
    url = f"http://shop/{text}?{text}={text}"
    call = run.call(
        "POST", url, status, start + 0.4, start + 0.5, test, body=body, **hostile
    )
    run.call(text, f"http://{text}/", None, start + 0.6, None, test, **hostile)
    run.log(
        text,
        start + 0.5,
        call,
        level=text,
        logger=text,
        trace_id=run.trace_id,
        **{text: text, "code.file.path": text, "exception.type": text},
    )


def _excesses(run: RunFolder, number: int) -> None:
    start = 10.0 * number
    trace_id = f"{2 * number + 1:032x}"
    test = run.test(
        *("tests/test_x.py::test_excesses", start, start + 9, "failed"),
        trace_id=trace_id,
        exceptions=[exception("E" * 100_000, "<i>" * 1_000_000)],
    )
    bodies = (
        "<u>" * (_LINE // 3),
        "[" * 20_000 + "]" * 20_000,
        "[" * 20_000,
        '{"__proto__": {"ran": 1}, "constructor": {"prototype": {"ran": 1}}}',
        '{"a": 1, "a": 2, "": 1e400, "big": 123456789012345678901234567890}',
        '{"cut": "</scr',
        "BROKEN",
        "\x00" * 1000,
    )
    for place, body in enumerate(bodies):
        at = start + place / 10
        run.call(
            *("POST", f"http://shop/{place}", 500, at, at + 0.05, test),
            body=body,
            **{"http.response.header.content-type": ["application/json"]},
        )
    run.log("<s>" * (_LINE // 3), start + 1, test, trace_id=trace_id)
    run.log({"not": "a text"}, start + 1, test, level="9" * 99, trace_id=trace_id)
