"""A machine with an empty disk in front of a fake Hub that publishes a checkpoint of two shards."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deepseek_space.events import Loading
from deepseek_space.models.downloads.blob_store import BlobStore
from deepseek_space.models.downloads.download import Hub, fetch, inspect_repo
from deepseek_space.models.downloads.listing import RepoFiles
from deepseek_space.models.downloads.transfer import Patience
from fake_hub import FakeHub, blob_id, running_hub

REPO = "deepseek-ai/tiny"
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
SHARD_BYTES = 400_000
CONFIG = {"model_type": "llama", "num_hidden_layers": 2}


def shard(seed: int) -> bytes:
    return random.Random(seed).randbytes(SHARD_BYTES)


def checkpoint(**changes: bytes | None) -> dict[str, bytes]:
    """Return the files of a repository of two shards; a change of None leaves a file out."""
    weight_map = {
        "model.embed_tokens.weight": SHARDS[0],
        "model.layers.0.mlp.up_proj.weight": SHARDS[0],
        "model.layers.1.mlp.up_proj.weight": SHARDS[1],
    }
    files = {
        "config.json": json.dumps(CONFIG).encode(),
        "tokenizer.json": b"{}",
        "model.safetensors.index.json": json.dumps({"weight_map": weight_map}).encode(),
        SHARDS[0]: shard(1),
        SHARDS[1]: shard(2),
    } | changes
    return {name: content for name, content in files.items() if content is not None}


@dataclass
class Machine:
    """``naps`` are the waits that were asked for, ``events`` what a page would have shown."""

    server: FakeHub
    cache: Path
    naps: list[float] = field(default_factory=list)
    events: list[Loading] = field(default_factory=list)
    large_bytes: int = 1_000_000_000

    @property
    def hub(self) -> Hub:
        return Hub(
            endpoint=self.server.url,
            cache_dir=self.cache,
            large_bytes=self.large_bytes,
            patience=Patience(sleep=self.naps.append),
        )

    @property
    def store(self) -> BlobStore:
        return self.hub.store(REPO)

    def fetch(self, repo_id: str = REPO, **options: object) -> Path:
        return fetch(repo_id, hub=self.hub, progress=self.events.append, **options)

    def inspect(self, repo_id: str = REPO, **options: object) -> RepoFiles:
        return inspect_repo(repo_id, hub=self.hub, **options)

    def fetched(self) -> list[Loading]:
        """Return the reports of the one bar that counts all bytes."""
        return [event for event in self.events if event.stage.startswith("Fetching")]

    def partial(self, name: str) -> Path:
        content = self.server.repos[REPO].files[name]
        return self.store.root / "blobs" / f"{blob_id(name, content)}.incomplete"

    def blob(self, name: str) -> Path:
        return self.partial(name).with_suffix("")


@contextmanager
def hub_machine(folder: Path) -> Iterator[Machine]:
    with running_hub() as server:
        server.publish(REPO, checkpoint())
        yield Machine(server=server, cache=folder / "hub")
