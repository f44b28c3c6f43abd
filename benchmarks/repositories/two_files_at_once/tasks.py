from task import Task


class Tasks:
    def __init__(self):
        self._waiting = []

    def add(self, task: Task):
        self._waiting.append(task)

    def next(self):
        """Remove the next task and return its title."""
        return self._waiting.pop(0).title
