"""
The system under test, and what its tests talk to it with.
"""
