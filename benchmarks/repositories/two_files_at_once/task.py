class Task:
    def __init__(self, title):
        self.title = title
