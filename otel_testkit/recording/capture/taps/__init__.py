"""
What is put on other people's libraries, one file a library.

Each has `set_on`, called with a module that has just been imported, and `remove`,
called with its name.
"""
