"""
Run folders on disk: the one place where recording and reading meet.
"""
