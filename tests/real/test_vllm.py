"""vLLM itself, where it is installed: its parser takes all that is said to it, and it writes what our engine does."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from deepseek_space.backends.local.backend import LocalBackend, LocalOptions
from deepseek_space.backends.vllm import program
from deepseek_space.backends.vllm.flags import CLUSTERS, arguments, arguments_here
from deepseek_space.errors import Unsupported
from deepseek_space.events import Answer
from deepseek_space.models.catalog import CATALOG
from deepseek_space.models.fit.cards import Gpu
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.vllm_plan import memory_share, plan_vllm
from deepseek_space.models.shape.checkpoint import from_spec
from deepseek_space.settings import default_cache_dir
from deepseek_space.types import Message, Request, Sampling

pytestmark = pytest.mark.skipif(not program.find(), reason="vLLM is not installed here")

PARSE = """
import json, sys
from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser
parser = make_arg_parser(FlexibleArgumentParser())
for words in json.load(sys.stdin):
    parser.parse_args(words)
"""
GB = 10**9


def machine(cards, gigabytes):
    gpus = tuple(
        Gpu(kind="cuda", index=index, name="", total_bytes=gigabytes * GB, free_bytes=gigabytes * GB, capability=(9, 0))
        for index in range(cards)
    )
    return Hardware(cores=8, ram_total_bytes=64 * GB, ram_free_bytes=60 * GB, disk_free_bytes=0, gpus=gpus)


def lines():
    for spec in CATALOG:
        for cluster in CLUSTERS:
            try:
                yield arguments(spec, cluster)
            except Unsupported:
                continue
        for here in (machine(0, 0), machine(1, 24), machine(1, 80), machine(3, 80), machine(8, 80), machine(8, 141)):
            plan = plan_vllm(from_spec(spec), hardware=here)
            if plan.fits == "fits":
                heads, share = spec.architecture.heads, memory_share(here.gpus)
                yield arguments_here(plan, Path("/models/m"), name=spec.repo_id, spec=spec, heads=heads, share=share)


def test_vllms_own_parser_takes_every_line():
    python = Path(program.find()).resolve().with_name("python")
    said = json.dumps(list(lines()))
    done = subprocess.run((python, "-c", PARSE), input=said, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.starter
def test_its_greedy_answer_is_that_of_our_engine():
    question = (Message(role="user", content="Why is the sky blue?"),)
    request = Request(messages=question, sampling=Sampling(temperature=0, max_new_tokens=60))
    told = []
    for engine in ("auto", "vllm"):
        cache_dir = default_cache_dir(os.environ)
        backend = LocalBackend(
            LocalOptions(model="starter", cache_dir=cache_dir, device="cpu", precision="fp32", engine=engine)
        )
        backend.start()
        told.append("".join(event.text for event in backend.stream(request) if isinstance(event, Answer)))
        backend.close()
    assert told[0] == told[1] != ""
