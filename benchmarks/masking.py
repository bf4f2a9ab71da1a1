"""
What masking costs, beside reading and writing the same JSON.
"""

from __future__ import annotations

import json
import time

from collections.abc import Callable
from typing import Final

from otel_testkit.masking import Masker


# As much as is kept of a body, and what is looked at beyond it.
_CUT: Final = 8192 + 512
_HEADERS: Final = (
    ("Host", "api.example.com"),
    ("Authorization", "Bearer abc.def.ghi123"),
    ("Content-Type", "application/json"),
    ("User-Agent", "python-requests/2.32"),
    ("Cookie", "sid=abc; theme=dark"),
    ("X-Request-Id", "4f2d8c1a9b"),
)
_SMALL: Final = (
    (
        "a small body",
        "body",
        '{"id": 17, "name": "an item", "tags": ["a", "b"], "price": 12.5}',
    ),
    ("a small body with a token", "body", '{"id": 17, "access_token": "tok-17"}'),
    ("a URL", "url", "https://api.example.com/v1/orders/17?page=2"),
    ("a URL with a token", "url", "https://api.example.com/v1/orders?access_token=a17"),
    (
        "a log line",
        "text",
        "2026-01-01 12:00:00 INFO app: order 17 shipped (attempt=2)",
    ),
    ("a log line with a token", "text", "INFO app: order 17 shipped (token=abc17)"),
)


def report() -> None:
    print("\nMasking, µs of CPU (best of 9)")
    figures = {}
    for size in (2_000, 8_000, 100_000):
        text = _body(size)
        first = _best(lambda text=text: Masker().body(text))
        # What a test that polls sends and gets: the same names, other values.
        figures[size] = _fresh("body", [_body(size, poll) for poll in range(1, 41)])
        yardstick = _best(lambda text=text: json.dumps(json.loads(text)))
        print(
            f"  JSON of {size:>7,} bytes, another each time {figures[size]:9.1f}"
            + ("   (to reach: 200)" if size == 2_000 else "")
            + f"\n  {'… the very first, with its masker':38} {first:9.1f}"
            f"   (json.loads and dumps: {yardstick:.1f})"
        )
    for name, way, template in _SMALL:
        texts = [template.replace("17", str(number)) for number in range(1000, 1040)]
        print(f"  {name:38} {_fresh(way, texts):9.1f}")
    masker = Masker()
    cut = _body(20_000)[:_CUT]
    print(f"  {'JSON cut at 8 KiB':38} {_best(lambda: masker.body(cut)):9.1f}")
    print(f"  {'six headers':38} {_best(lambda: _headers(masker)):9.1f}")
    ratio = figures[100_000] / figures[8_000] / 12.5
    print(f"  100,000 / 8,000 bytes, per byte        {ratio:9.2f}   (to reach: 1.2)")


def _fresh(way: str, texts: list[str]) -> float:
    masker = Masker()
    mask = getattr(masker, way)
    mask(texts[0])
    taken = []
    for text in texts[1:]:
        started = time.perf_counter()
        mask(text)
        taken.append(time.perf_counter() - started)

    return sorted(taken)[len(taken) // 4] * 1e6


def _body(size: int, poll: int = 0) -> str:
    orders: list[object] = []
    while len(text := json.dumps({"orders": orders})) < size:
        number = poll * 1000 + len(orders)
        orders.append(
            {
                "id": 1000 + number,
                "status": "shipped",
                "customer": {"name": "Bob Example", "access_token": f"tok-{number}"},
                "items": [{"sku": f"A-{number}", "quantity": 2, "price": 9.99}] * 3,
                "note": "A thing: of beauty, and a joy",
                "url": f"https://api.example.com/orders/{number}?page=2",
                "created_at": "2026-01-01T12:00:00Z",
                "paid": True,
            }
        )

    return text


def _headers(masker: Masker) -> None:
    for name, value in _HEADERS:
        masker.header(name, value)


def _best(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(9):
        started = time.process_time()
        for _ in range(10):
            work()
        taken.append((time.process_time() - started) / 10)

    return min(taken) * 1e6


if __name__ == "__main__":
    report()
