"""V4 Flash and Pro: compressed attention over a million tokens (April to September 2026)."""

from dataclasses import replace

from deepseek_space.models.shape.architecture import Architecture, Compressed, Experts, Indexer, Rope
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.types import Sampling

EOS = "<｜end▁of▁sentence｜>"
GIB = 2**30
BASE_ONLY = "A base model: it continues text and does not chat."
CLUSTER = "Too large for one ordinary machine: run it on a server with several GPUs."
NO_TEMPLATE = "Ships no chat template; this app brings the format."
NO_LANGUAGES = "languages (no statement was found)"
WARM = Sampling(temperature=1.0, top_p=1.0)

FLASH_SHAPE = Architecture(
    model_type="deepseek_v4",
    layers=43,
    hidden=4096,
    heads=64,
    kv_heads=1,
    head_dim=512,
    ffn=0,
    vocab=129280,
    max_positions=1_048_576,
    rope=Rope(kind="yarn", factor=16.0, original_context=65_536),
    experts=Experts(routed=256, shared=1, active=6, width=2048, scale=1.5, normalised=True),
    indexer=Indexer(top_k=512),
    compressed=Compressed(ratios=(0, 0) + (4, 128) * 20 + (4,), q_rank=1024),
)
PRO_SHAPE = replace(
    FLASH_SHAPE,
    layers=61,
    hidden=7168,
    heads=128,
    experts=Experts(routed=384, shared=1, active=6, width=3072, scale=2.5, normalised=True),
    indexer=Indexer(top_k=1024),
    compressed=Compressed(ratios=(128, 128) + (4, 128) * 29 + (4,), q_rank=1536, output_groups=16),
)

FLASH_BASE = ModelSpec(
    name="v4-flash-base",
    repo_id="deepseek-ai/DeepSeek-V4-Flash-Base",
    title="DeepSeek V4 Flash Base",
    group="V4",
    architecture=FLASH_SHAPE,
    params_total=284_332_230_231,
    params_active=13_000_000_000,
    context_advertised=1_048_576,
    context_practical=1_048_576,
    dtype="fp8",
    disk_bytes=int(274.5 * GIB),
    licence="MIT",
    languages=(),
    prompt_family="base",
    stop=(EOS,),
    stop_ids=(1,),
    strengths="A million tokens of context; MMLU 88.7.",
    warnings=(BASE_ONLY, CLUSTER),
    unknown=(NO_LANGUAGES,),
    runs="remote",
)
FLASH = replace(
    FLASH_BASE,
    name="v4-flash",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V4-Flash",
    title="DeepSeek V4 Flash",
    dtype="fp8+fp4",
    disk_bytes=int(148.7 * GIB),
    prompt_family="v3.2",
    reasoning="hybrid",
    tools="v4",
    sampling=WARM,
    strengths="13B active parameters; GPQA 88.1, LiveCodeBench 91.6.",
    warnings=(NO_TEMPLATE, CLUSTER),
)
FLASH_0731 = replace(
    FLASH,
    name="v4-flash-0731",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V4-Flash-0731",
    title="DeepSeek V4 Flash 0731",
    disk_bytes=None,
    strengths="A later revision of V4 Flash.",
    unknown=(NO_LANGUAGES, "size on disk and architecture (not seen; Flash's architecture is assumed)"),
)
FLASH_DSPARK = replace(
    FLASH_0731,
    name="v4-flash-dspark",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V4-Flash-DSpark",
    title="DeepSeek V4 Flash DSpark",
    strengths="V4 Flash with a draft module for speculative decoding.",
)
PRO_BASE = replace(
    FLASH_BASE,
    name="v4-pro-base",
    repo_id="deepseek-ai/DeepSeek-V4-Pro-Base",
    title="DeepSeek V4 Pro Base",
    architecture=PRO_SHAPE,
    params_total=1_572_997_179_491,
    params_active=49_000_000_000,
    disk_bytes=None,
    strengths="The largest of the family; MMLU 90.1.",
    unknown=(NO_LANGUAGES, "size on disk (about 1.5 TiB)"),
)
PRO = replace(
    PRO_BASE,
    name="v4-pro",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V4-Pro",
    title="DeepSeek V4 Pro",
    dtype="fp8+fp4",
    disk_bytes=int(805.4 * GIB),
    prompt_family="v3.2",
    reasoning="hybrid",
    tools="v4",
    sampling=WARM,
    strengths="The largest of V4; GPQA 90.1, LiveCodeBench 93.5.",
    warnings=(NO_TEMPLATE, CLUSTER),
    unknown=(NO_LANGUAGES,),
)
PRO_DSPARK = replace(
    PRO,
    name="v4-pro-dspark",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V4-Pro-DSpark",
    title="DeepSeek V4 Pro DSpark",
    disk_bytes=None,
    strengths="V4 Pro with a draft module for speculative decoding.",
    unknown=(NO_LANGUAGES, "size on disk and architecture (not seen; Pro's architecture is assumed)"),
)

GENERATION_4 = (PRO, PRO_DSPARK, PRO_BASE, FLASH_0731, FLASH, FLASH_DSPARK, FLASH_BASE)
