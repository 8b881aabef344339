"""Which tasks a class has: gathered when the class is made, thinned out by tags when a run starts.

In: a class body and its bases, or a class and the tags that were asked for. Out: its `tasks`
list, each task as often as it weighs. It never looks at instances.
"""

from __future__ import annotations

import logging


def get_tasks_from_base_classes(bases, class_dict) -> list:
    """All tasks of a class: its bases', then its `tasks` attribute, then its marked members.

    A base's task stays even when the subclass has a method of the same name.
    """
    tasks = []
    for base in bases:
        tasks += getattr(base, "tasks", None) or []
    tasks += expanded(class_dict.get("tasks"))
    for member in class_dict.values():
        tasks += [member] * weight_of(member)
    return tasks


def expanded(declared) -> list:
    """A `tasks` attribute (list, list of pairs, dict, None) as a list with repeats."""
    pairs = declared.items() if isinstance(declared, dict) else declared or ()
    tasks = []
    for entry in pairs:
        task, times = entry if isinstance(entry, tuple) else (entry, 1)
        tasks.extend(task for _ in range(times))
    return tasks


def weight_of(member) -> int:
    """How often a member of a class body stands in its task list: 0 unless marked with @task."""
    # dir() and not getattr: members may answer every attribute (mocks, proxies).
    if "locust_task_weight" not in dir(member):
        return 0
    return len(range(member.locust_task_weight))


def is_markov_taskset(task) -> bool:
    """Whether a task is a MarkovTaskSet class; told by name, as its module imports this one."""
    return type(task).__name__ == "MarkovTaskSetMeta"


def filter_tasks_by_tags(task_holder, tags=None, exclude_tags=None, checked=None) -> None:
    """Removes from a class, and from the TaskSets in it, every task that the tags rule out.

    A task stays if it has one of `tags` (or there are none) and none of `exclude_tags`. TaskSets
    left empty go too. `checked` remembers verdicts, so shared tasks are judged once.
    """
    checked = {} if checked is None else checked
    for task in task_holder.tasks:
        if task not in checked:
            checked[task] = _stays(task, tags, exclude_tags, checked)
    task_holder.tasks = [task for task in task_holder.tasks if checked[task]]
    exempt = is_markov_taskset(task_holder) or getattr(task_holder, "functions", False)
    if not task_holder.tasks and not exempt:
        logging.warning(
            f"{task_holder.__name__} had no tasks left after filtering, instantiating it will fail!"
        )


def _stays(task, tags, exclude_tags, checked) -> bool:
    if hasattr(task, "tasks"):
        filter_tasks_by_tags(task, tags, exclude_tags, checked)
        return bool(task.tasks) or is_markov_taskset(task)
    own = task.locust_tag_set if "locust_tag_set" in dir(task) else set()
    wanted = tags is None or bool(own & tags)
    return wanted and not (exclude_tags is not None and own & exclude_tags)
