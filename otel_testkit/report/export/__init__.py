"""
Runs in the forms that other people's viewers open.

    formats.py ─► otlp      OTLP/JSON lines ─► otlp_values, otlp_lines
              ├─► chrome    the trace format of chrome://tracing ─► lanes
              ├─► har       an archive of HTTP calls ─► har_entry
              └─► json, markdown as `show` and `explain` print them
    document.py             all JSON, written piece by piece
    target.py               a file that is there whole or not at all
"""
