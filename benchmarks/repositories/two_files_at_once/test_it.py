import unittest

from task import Task
from tasks import Tasks


class TasksTest(unittest.TestCase):
    def test_order(self):
        tasks = Tasks()
        for task in (Task("read"), Task("eat", 2), Task("sleep", 2), Task("walk", 1)):
            tasks.add(task)
        self.assertEqual([tasks.next() for _ in range(4)], ["eat", "sleep", "walk", "read"])


if __name__ == "__main__":
    unittest.main()
