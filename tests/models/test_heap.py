import weakref

import torch

from deepseek_space.models.heap import release


def test_release_frees_what_only_refers_to_itself():
    class Loop:
        def __init__(self):
            self.me, self.weights = self, torch.ones(8)

    loop = Loop()
    gone = weakref.ref(loop)
    del loop
    release()
    assert gone() is None
