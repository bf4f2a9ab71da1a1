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
_URL: Final = "https://api.example.com/v1/orders/1?page=2&access_token=abc"
_LINE: Final = "2026-01-01 12:00:00 INFO app: order 1 shipped (attempt=2, token=abc) "


def report() -> None:
    print("\nMasking, µs of CPU (best of 9)")
    figures = {}
    for size in (2_000, 8_000, 100_000):
        text = _body(size)
        figures[size] = _best(lambda text=text: Masker().body(text))
        yardstick = _best(lambda text=text: json.dumps(json.loads(text)))
        print(
            f"  JSON of {size:>7,} bytes, first seen {figures[size]:9.1f}"
            f"   (json.loads and dumps: {yardstick:.1f})"
        )
        masker = Masker()
        print(
            f"  {'… and again':32} {_best(lambda masker=masker, text=text: masker.body(text)):9.1f}"
            + ("   (to reach: 200)" if size == 2_000 else "")
        )
    masker = Masker()
    cut = _body(20_000)[:_CUT]
    print(f"  {'JSON cut at 8 KiB':32} {_best(lambda: masker.body(cut)):9.1f}")
    print(f"  {'six headers':32} {_best(lambda: _headers(masker)):9.1f}")
    print(f"  {'a URL':32} {_best(lambda: masker.url(_URL)):9.1f}")
    long_line = _LINE * 4
    print(
        f"  {'a log line of 270 bytes':32} {_best(lambda: masker.text(long_line)):9.1f}"
    )
    ratio = figures[100_000] / figures[8_000] / 12.5
    print(f"  100,000 / 8,000 bytes, per byte  {ratio:9.2f}   (to reach: 1.2)")


def _body(size: int) -> str:
    orders: list[object] = []
    while len(text := json.dumps({"orders": orders})) < size:
        number = len(orders)
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
