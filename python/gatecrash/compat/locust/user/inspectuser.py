"""What share of all task executions each task gets, from classes alone.

In: user classes and how many users of each. Out: a tree of ratios, printed or returned. Nothing
is run for it.
"""

from __future__ import annotations

import inspect
import json
from collections import Counter

from locust.user.task import TaskSet
from locust.user.users import User


def print_task_ratio(user_classes, num_users, total):
    """Prints one line per class and task, indented by depth, percent first."""
    spawned = _calc_distribution(user_classes, num_users)
    for line in _lines(get_ratio(user_classes, spawned, total)):
        print(line)


def print_task_ratio_json(user_classes, num_users):
    """Prints `{"per_class": …, "total": …}`."""
    spawned = _calc_distribution(user_classes, num_users)
    ratios = {
        "per_class": get_ratio(user_classes, spawned, False),
        "total": get_ratio(user_classes, spawned, True),
    }
    print(json.dumps(ratios, indent=4))


def get_ratio(
    user_classes: list[type[User]], user_spawned: dict[str, int], total: bool
) -> dict[str, dict[str, float]]:
    """Per class `{"ratio", "tasks": {name: {"ratio"[, "tasks"]}}}`.

    A class's ratio is its share of all users. A task's ratio is its share within what contains
    it, or with `total` its share of everything.
    """
    users = sum(user_spawned.values()) or 1
    ratios: dict = {}
    for user_class in user_classes:
        share = user_spawned.get(user_class.__name__, 0) / users
        tasks = _task_ratios(user_class.tasks, share, total)
        ratios[user_class.__name__] = {"ratio": share, "tasks": tasks}
    return ratios


def _task_ratios(tasks: list, parent_share: float, total: bool) -> dict:
    whole = parent_share if total else 1.0
    ratios: dict = {}
    for task, times in Counter(tasks).items():
        entry: dict = {"ratio": times * whole / len(tasks)}
        if inspect.isclass(task) and issubclass(task, TaskSet):
            entry["tasks"] = _task_ratios(task.tasks, entry["ratio"], total)
        ratios[task.__name__] = entry
    return ratios


def _calc_distribution(user_classes, num_users) -> dict[str, int]:
    """How many users of each class `num_users` would be; None stands for a round number."""
    fixed = sum(each.fixed_count for each in user_classes)
    weights = sum(each.weight for each in user_classes if not each.fixed_count)
    wanted = num_users or (1 if fixed else weights)
    weighted = max(0, wanted - fixed)
    return {
        each.__name__: round(each.fixed_count or each.weight / weights * weighted)
        for each in user_classes
    }


def _lines(ratios: dict, depth: int = 0):
    padding = "  " * depth
    for name, entry in ratios.items():
        percent = f"{padding}{entry.get('ratio', 1) * 100:<6.1f}"
        yield f" {percent:<10} {padding + name:<50}"
        yield from _lines(entry.get("tasks", {}), depth + 1)
