"""A file that Python cannot read."""

def broken(:
    pass
