"""Names that Locust 1.0 renamed: using them tells what to use instead."""

import warnings

_TASK_SET = "Usage of User.task_set is deprecated since version 1.0. "

# Python shows such warnings for code in `__main__` only; a locustfile is a module.
warnings.filterwarnings("always", message=_TASK_SET, category=DeprecationWarning)


def check_for_deprecated_task_set_attribute(class_dict):
    """Warns about a `task_set` attribute, which has no effect since Locust 1.0."""
    from locust.user.task import TaskSet

    task_set = class_dict.get("task_set")
    if not isinstance(task_set, type) or not issubclass(task_set, TaskSet):
        return
    if not hasattr(task_set, "locust_task_weight"):
        warnings.warn(
            f"{_TASK_SET}Set the tasks attribute instead (tasks = [{task_set.__name__}])",
            DeprecationWarning,
            stacklevel=3,
        )


def deprecated_locust_meta_class(deprecation_message):
    """A metaclass whose first class can be made, and whose subclasses raise ImportError."""

    class RenamedMeta(type):
        def __new__(mcs, classname, bases, class_dict):
            if bases:
                raise ImportError(deprecation_message)
            return super().__new__(mcs, classname, bases, class_dict)

    return RenamedMeta


def _renamed(old: str) -> str:
    return (
        f"The {old} class has been renamed to {old.replace('Locust', '')}User in version 1.0. "
        "For more info see: https://docs.locust.io/en/latest/changelog.html#changelog-1-0"
    )


class DeprecatedLocustClass(metaclass=deprecated_locust_meta_class(_renamed("Locust"))):
    """`Locust` is `User` now."""


class DeprecatedHttpLocustClass(metaclass=deprecated_locust_meta_class(_renamed("HttpLocust"))):
    """`HttpLocust` is `HttpUser` now."""


class DeprecatedFastHttpLocustClass(
    metaclass=deprecated_locust_meta_class(_renamed("FastHttpLocust"))
):
    """`FastHttpLocust` is `FastHttpUser` now."""
