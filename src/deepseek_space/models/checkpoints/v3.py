"""V3, V3.1, V3.2 and the full R1: 671B parameters, 37B active (December 2024 to December 2025)."""

from dataclasses import replace

from deepseek_space.models.shape.architecture import Architecture, Experts, Indexer, Latent, Rope
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.types import Sampling

EOS = "<｜end▁of▁sentence｜>"
BASE_ONLY = "A base model: it continues text and does not chat."
CLUSTER = "689 GB as published: it needs several nodes or a server with eight large GPUs."
NO_SYSTEM = "Give no system prompt; put instructions into the message."
NOT_GREEDY = "Greedy decoding makes it repeat itself: keep the temperature from 0.5 to 0.7."
LONG_THOUGHTS = "It thinks for thousands of tokens: a short reply limit ends inside the thoughts."
R1_SAMPLING = Sampling(temperature=0.6, top_p=0.95, max_new_tokens=32_768)
R1_0528_SAMPLING = Sampling(temperature=0.6, top_p=0.95, max_new_tokens=65_536)

V3_SHAPE = Architecture(
    model_type="deepseek_v3",
    layers=61,
    hidden=7168,
    heads=128,
    kv_heads=128,
    head_dim=64,
    ffn=18432,
    vocab=129280,
    max_positions=163_840,
    rope=Rope(kind="yarn", factor=40.0, original_context=4096, mscale=1.0),
    latent=Latent(),
    experts=Experts(
        routed=256,
        shared=1,
        active=8,
        width=2048,
        dense_layers=3,
        groups=8,
        active_groups=4,
        scale=2.5,
        normalised=True,
    ),
)
V3_2_SHAPE = replace(V3_SHAPE, model_type="deepseek_v32", indexer=Indexer())

V3_BASE = ModelSpec(
    name="v3-base",
    repo_id="deepseek-ai/DeepSeek-V3-Base",
    title="DeepSeek V3 Base",
    group="V3",
    architecture=V3_SHAPE,
    params_total=671_026_404_352,
    params_active=37_000_000_000,
    context_advertised=131_072,
    context_practical=131_072,
    dtype="fp8",
    disk_bytes=688_600_000_000,
    licence="DeepSeek Model License (code: MIT)",
    languages=("English", "Chinese"),
    prompt_family="base",
    stop=(EOS,),
    stop_ids=(1,),
    strengths="The pre-trained ground of V3 and R1.",
    warnings=(BASE_ONLY, CLUSTER),
    runs="remote",
)
V3 = replace(
    V3_BASE,
    name="v3",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V3",
    title="DeepSeek V3",
    prompt_family="v2.5",
    tools="v3",
    strengths="General chat and code; MMLU 88.5, MATH-500 90.2.",
    warnings=(CLUSTER,),
    unknown=("sampling (no recommendation was found)",),
)
V3_0324 = replace(
    V3,
    name="v3-0324",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V3-0324",
    title="DeepSeek V3 0324",
    licence="MIT",
    sampling=Sampling(temperature=0.3, top_p=1.0),
    strengths="V3 improved in reasoning and code; AIME 2024 59.4.",
    unknown=(),
)
V3_1_BASE = replace(
    V3_BASE,
    name="v3.1-base",
    repo_id="deepseek-ai/DeepSeek-V3.1-Base",
    title="DeepSeek V3.1 Base",
    group="V3.1",
    licence="MIT",
    strengths="The pre-trained ground of V3.1.",
)
V3_1 = replace(
    V3,
    name="v3.1",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V3.1",
    title="DeepSeek V3.1",
    group="V3.1",
    licence="MIT",
    prompt_family="v3.1",
    reasoning="hybrid",
    tools="v3.1",
    strengths="Thinks or answers at once, as asked; AIME 2024 93.1 when thinking.",
    warnings=(CLUSTER, "Tool calls are for the mode without thinking."),
)
V3_1_TERMINUS = replace(
    V3_1,
    name="v3.1-terminus",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V3.1-Terminus",
    title="DeepSeek V3.1 Terminus",
    strengths="The last revision of V3.1; AIME 2025 88.4.",
)
V3_2_EXP_BASE = replace(
    V3_1_BASE,
    name="v3.2-exp-base",
    repo_id="deepseek-ai/DeepSeek-V3.2-Exp-Base",
    title="DeepSeek V3.2 Exp Base",
    group="V3.2",
    architecture=V3_2_SHAPE,
    params_total=671_877_929_216,
    disk_bytes=689_600_000_000,
    strengths="V3.1 with sparse attention, pre-trained.",
)
V3_2_EXP = replace(
    V3_2_EXP_BASE,
    name="v3.2-exp",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V3.2-Exp",
    title="DeepSeek V3.2 Exp",
    prompt_family="v3.1",
    reasoning="hybrid",
    tools="v3.1",
    strengths="V3.1 Terminus with sparse attention for long contexts; AIME 2025 89.3.",
    warnings=(CLUSTER,),
    unknown=("sampling (no recommendation was found)",),
)
V3_2 = replace(
    V3_2_EXP,
    name="v3.2",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V3.2",
    title="DeepSeek V3.2",
    prompt_family="v3.2",
    tools="v3.2",
    sampling=Sampling(temperature=1.0, top_p=0.95),
    strengths="Sparse attention for long contexts; thinks or answers at once.",
    warnings=(CLUSTER, "Ships no chat template; this app brings the format."),
    unknown=(),
)
V3_2_SPECIALE = replace(
    V3_2,
    name="v3.2-speciale",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V3.2-Speciale",
    title="DeepSeek V3.2 Speciale",
    reasoning="prefilled",
    tools="none",
    strengths="The variant of V3.2 for hard reasoning; always thinks.",
    warnings=(CLUSTER, "Ships no chat template; this app brings the format.", "Tool calls are not supported."),
)

R1_ZERO = replace(
    V3_BASE,
    name="r1-zero",
    repo_id="deepseek-ai/DeepSeek-R1-Zero",
    title="DeepSeek R1 Zero",
    group="R1",
    licence="MIT",
    prompt_family="r1-zero",
    takes_system_prompt=False,
    reasoning="written",
    strengths="Reasoning learnt by reinforcement alone, without supervised fine-tuning; AIME 2024 71.0.",
    warnings=(
        "A research checkpoint that repeats itself and mixes languages; not for chat.",
        CLUSTER,
    ),
    unknown=("sampling (R1's recommendation is for R1; none was found for R1-Zero)",),
)
R1 = replace(
    R1_ZERO,
    name="r1",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-R1",
    title="DeepSeek R1",
    prompt_family="r1",
    reasoning="prefilled",
    sampling=R1_SAMPLING,
    strengths="Mathematics, code and logic by long reasoning; AIME 2024 79.8.",
    warnings=(
        NOT_GREEDY,
        NO_SYSTEM,
        LONG_THOUGHTS,
        "Examples in the prompt make it worse; describe the task instead.",
        CLUSTER,
    ),
    unknown=(),
)
R1_0528 = replace(
    R1,
    name="r1-0528",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-R1-0528",
    title="DeepSeek R1 0528",
    prompt_family="r1-0528",
    takes_system_prompt=True,
    reasoning="written",
    tools="v3",
    sampling=R1_0528_SAMPLING,
    strengths="R1 improved, takes a system prompt; AIME 2024 91.4.",
    warnings=(LONG_THOUGHTS, CLUSTER),
)

GENERATION_3 = (
    R1_0528,
    R1,
    R1_ZERO,
    V3_2,
    V3_2_SPECIALE,
    V3_2_EXP,
    V3_2_EXP_BASE,
    V3_1_TERMINUS,
    V3_1,
    V3_1_BASE,
    V3_0324,
    V3,
    V3_BASE,
)
