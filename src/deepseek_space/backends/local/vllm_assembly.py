"""From a recipe and its files to the model that answers: a vLLM server of ours, and how it is talked to.

Imports neither torch nor vLLM.
"""

import os
from pathlib import Path

from deepseek_space.backends.local.resident_model import Recipe, Watch
from deepseek_space.backends.local.vllm_model import VllmModel
from deepseek_space.backends.vllm import program
from deepseek_space.backends.vllm.flags import arguments_here, environment_here
from deepseek_space.backends.vllm.served import Served
from deepseek_space.backends.vllm.server import VllmServer
from deepseek_space.events import Loading
from deepseek_space.models.files.checkpoint_files import read_checkpoint
from deepseek_space.models.fit import cards, hardware
from deepseek_space.models.fit.vllm_plan import memory_share
from deepseek_space.sentences import Sentence


def assemble_vllm(recipe: Recipe, files: tuple[Path, str], *, cache_dir: Path, watch: Watch) -> VllmModel:
    """Return the recipe's model, loaded and answering. Raises SpaceError for whatever goes wrong on the way.

    Then its server has ended.
    """
    source, plan = recipe.source, recipe.plan
    watch.progress(Loading(stage=Sentence("Loading {name}", name=source.name)))
    machine = hardware.detect(cache_dir)
    name = source.spec.repo_id if source.spec else source.name
    words = arguments_here(
        plan,
        files[0].absolute(),
        name=name,
        spec=source.spec,
        heads=read_checkpoint(files[0]).architecture.heads,
        share=memory_share([gpu for gpu in machine.gpus if gpu.device in plan.devices]),
    )
    server = VllmServer(
        (program.needed(), "serve", *words),
        environ=environment_here(plan, visible=os.environ.get("CUDA_VISIBLE_DEVICES", "")),
    )
    try:
        server.wait_until_ready(progress=watch.progress, cancelled=watch.cancelled)
        served = Served(server, name, context_tokens=plan.context_tokens)
    except BaseException:
        server.close()
        raise
    finally:
        cards.look_again()
    return VllmModel(recipe, server, served)
