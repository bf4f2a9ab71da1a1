"""
Data on its way into the page.
"""

from __future__ import annotations

import base64
import gzip
import json

from otel_testkit.report.html.spool import Spool


def unpacked(spool, name):
    return json.loads(gzip.decompress(base64.b64decode("".join(spool.take(name)))))


def test_what_is_put_can_be_taken():
    """
    By its name, in any order, as often as wanted.
    """
    large = {"text": [str(number**7) for number in range(300_000)]}

    with Spool() as spool:
        spool.put("one", [1])
        spool.put("large", large)
        spool.put("odd", "\ud800 ü </template> \u202e")

        assert "\ud800 ü </template> \u202e" == unpacked(spool, "odd")
        assert large == unpacked(spool, "large")
        assert [1] == unpacked(spool, "one")
        assert spool.size("large") == sum(map(len, spool.take("large")))
        assert 1 < len(list(spool.take("large")))


def test_what_is_not_there():
    """
    Nothing is as large as nothing.
    """
    with Spool() as spool:
        assert 0 == spool.size("none")
        assert [] == list(spool.take("none"))
