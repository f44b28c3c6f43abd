class Cart:
    def __init__(self, items=[]):
        self.items = items

    def put(self, item):
        self.items.append(item)

    def __len__(self):
        return len(self.items)
