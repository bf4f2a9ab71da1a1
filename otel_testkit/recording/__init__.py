"""
The wing that runs inside somebody's test process: quick, and unable to hurt it.
"""
