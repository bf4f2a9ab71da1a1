"""
How services say what is wrong: tables, one file a family, and no code.

Most codes are English, run together: `DBInstanceAlreadyExists` is read by the
phrases that read a message. The tables of codes hold those that are not, or that
would be read wrongly.
"""
