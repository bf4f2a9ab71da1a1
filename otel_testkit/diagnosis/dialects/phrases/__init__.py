"""
How services put it in words, whichever service it is.

A line, with what is indented below it, is a regular expression for lower-case text;
a code is read as words, too: `VpcLimitExceeded` is "vpc limit exceeded". The number
says how clear it is: 5 and more say it outright, 3 could be said of something else.
`<still>` and the like stand for what `WORDS` has under that name.
"""
