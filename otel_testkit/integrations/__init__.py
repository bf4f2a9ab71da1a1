"""
Doors to the frameworks: each is thin and only calls what every user can call.
"""
