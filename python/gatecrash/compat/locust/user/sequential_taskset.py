"""TaskSets whose tasks run in the order in which they are declared, round and round."""

from itertools import cycle

from locust.exception import LocustError
from locust.user.collect import expanded, weight_of
from locust.user.task import TaskSet, TaskSetMeta


class SequentialTaskSetMeta(TaskSetMeta):
    """Collects tasks in the order of the class body; a base's tasks come first."""

    def __new__(mcs, classname, bases, class_dict):
        tasks = []
        for base in bases:
            tasks += getattr(base, "tasks", None) or []
        for name, member in class_dict.items():
            if name == "tasks":
                if not isinstance(member, list | dict):
                    raise ValueError("The 'tasks' attribute can only be set to list or dict")
                tasks += expanded(member) if isinstance(member, dict) else member
            tasks += [member] * weight_of(member)
        class_dict["tasks"] = tasks
        return type.__new__(mcs, classname, bases, class_dict)


class SequentialTaskSet(TaskSet, metaclass=SequentialTaskSetMeta):
    """A TaskSet that runs its tasks in order; a weight repeats the task in place."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._task_cycle = cycle(self.tasks)

    def get_next_task(self):
        """The next task in order; after the last one the first again."""
        if not self.tasks:
            raise LocustError(
                "No tasks defined. Use the @task decorator or set the 'tasks' attribute "
                "of the SequentialTaskSet"
            )
        return next(self._task_cycle)
