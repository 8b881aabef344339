"""Classes imported into the file run too; a subclass of an abstract class is not abstract
itself."""

import sys

import shared_users
from shared_users import Shared, SharedBase  # noqa: F401


class Own(SharedBase):
    fixed_count = 0
    weight = 0


print(
    __name__,
    sys.modules[__name__].Own is Own,
    "imported_users" in sys.modules,
    shared_users.__name__,
)
print(Own.abstract, SharedBase.abstract, Shared.abstract)
