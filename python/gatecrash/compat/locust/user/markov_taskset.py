"""TaskSets whose next task depends on the last one: a Markov chain.

In: methods decorated with `@transition` or `@transitions`. Out: a walk over them that begins at
the first one declared. A chain that cannot work is refused when its class is made.
"""

import logging
import random
from collections.abc import Callable

from locust.exception import LocustError
from locust.user.task import TaskSet, TaskSetMeta

MarkovTaskT = Callable[..., None]


class NoMarkovTasksError(LocustError):
    """The class has no method with transitions."""


class InvalidTransitionError(LocustError):
    """A transition names something that the class does not have."""


class NonMarkovTaskTransitionError(LocustError):
    """A transition leads to something without transitions of its own: a dead end."""


class MarkovTaskTagError(LocustError):
    """A task with transitions has tags; filtering would break the chain."""


def transition(func_name: str, weight: int = 1) -> Callable[[MarkovTaskT], MarkovTaskT]:
    """Adds one way out of the decorated method: to `func_name`, with a weight."""
    return transitions({func_name: weight})


def transitions(
    weights: dict[str, int] | list[tuple[str, int] | str],
) -> Callable[[MarkovTaskT], MarkovTaskT]:
    """Adds ways out of the decorated method: `{name: weight}`, or names and pairs."""
    if not isinstance(weights, dict):
        weights = dict(entry if isinstance(entry, tuple) else (entry, 1) for entry in weights)

    def add(decorated):
        decorated.transitions = {**getattr(decorated, "transitions", {}), **weights}
        return decorated

    return add


def is_markov_task(task: MarkovTaskT):
    """Whether something has transitions."""
    return "transitions" in dir(task)


def get_markov_tasks(class_dict: dict) -> list:
    """The members of a class body that have transitions, in order."""
    return [member for member in class_dict.values() if is_markov_task(member)]


def to_weighted_list(transitions: dict):
    """The names of `{name: weight}`, each as often as it weighs."""
    return [name for name, weight in transitions.items() for _ in range(weight)]


def validate_has_markov_tasks(tasks: list, classname: str):
    """Raises NoMarkovTasksError when there is no task."""
    if not tasks:
        raise NoMarkovTasksError(
            f"No Markov tasks defined in class {classname}. "
            "Use the @transition(s) decorators to define some."
        )


def validate_transitions(tasks: list, class_dict: dict, classname: str):
    """Raises when a transition leads nowhere, or to something that leads nowhere."""
    for task in tasks:
        for name in task.transitions:
            target = class_dict.get(name)
            if not target:
                raise InvalidTransitionError(
                    f"Transition to {name} from {task.__name__} is invalid since no such element "
                    f"exists on class {classname}"
                )
            if not is_markov_task(target):
                raise NonMarkovTaskTransitionError(
                    f"{classname}.{name} cannot be used as a target for a transition since it "
                    f"does not define any transitions of its own. Used as a transition from "
                    f"{task.__name__}."
                )


def validate_no_unreachable_tasks(tasks: list, class_dict: dict, classname: str):
    """Warns about tasks that no walk from the first one can come to; returns the tasks."""
    reached = set()
    rest = [tasks[0].__name__]
    while rest:
        name = rest.pop()
        if name not in reached:
            reached.add(name)
            # As a weighted list, so that a transition of weight 0 counts as none.
            rest.extend(to_weighted_list(class_dict[name].transitions))
    unreachable = {task.__name__ for task in tasks} - reached
    if unreachable:
        logging.warning(
            f"The following markov tasks are unreachable in class {classname}: {unreachable}"
        )
    return tasks


def validate_no_tags(task, classname: str):
    """Raises MarkovTaskTagError when the task has tags."""
    if "locust_tag_set" in dir(task):
        raise MarkovTaskTagError(
            "Tags are unsupported for MarkovTaskSet since they can make the markov chain invalid. "
            f"Tags detected on {classname}.{task.__name__}: {task.locust_tag_set}"
        )


def validate_task_name(decorated_func):
    """Refuses `run` as a task's name, warns about `on_start` and `on_stop`."""
    if decorated_func.__name__ in ("on_stop", "on_start"):
        logging.warning(
            "You have tagged your on_stop/start function with @transition. "
            "This will make the method get called both as a step AND on stop/start."
        )
    if decorated_func.__name__ == "run":
        raise Exception(
            "TaskSet.run() is a method used internally by Locust, "
            "and you must not override it or annotate it with transitions"
        )


def validate_markov_chain(tasks: list, class_dict: dict, classname: str):
    """All checks of a class's chain."""
    validate_has_markov_tasks(tasks, classname)
    validate_transitions(tasks, class_dict, classname)
    validate_no_unreachable_tasks(tasks, class_dict, classname)
    for task in tasks:
        validate_task_name(task)
        validate_no_tags(task, classname)


class MarkovTaskSetMeta(TaskSetMeta):
    """Checks the chain and finds its start; classes that say they are abstract are let be."""

    def __new__(mcs, classname, bases, class_dict):
        if not class_dict.get("abstract"):
            class_dict["abstract"] = False
            tasks = get_markov_tasks(class_dict)
            validate_markov_chain(tasks, class_dict, classname)
            class_dict["current"] = tasks[0]
            for task in tasks:
                task.transitions = to_weighted_list(task.transitions)
        return type.__new__(mcs, classname, bases, class_dict)


class MarkovTaskSet(TaskSet, metaclass=MarkovTaskSetMeta):
    """A TaskSet that walks along its tasks' transitions."""

    current: Callable | TaskSet
    """The task that comes next."""
    abstract: bool = True
    """True: only meant to be subclassed, the chain is not checked."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    def get_next_task(self):
        """The current task; which one follows it is drawn at the same time."""
        task = self.current
        self.current = getattr(self, random.choice(task.transitions))
        return task
