"""Finding files below a folder."""

import os


def get_abspaths_in(path, extension=None):
    """Absolute paths of all files below `path`, without those that begin with `_`.

    With `extension` only files whose name ends in it.
    """
    return [
        os.path.abspath(os.path.join(folder, name))
        for folder, _, names in os.walk(path)
        for name in names
        if not name.startswith("_")
        and (extension is None or name.endswith(extension))
        and os.path.isfile(os.path.join(folder, name))
    ]
