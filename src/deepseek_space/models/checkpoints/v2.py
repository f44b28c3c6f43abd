"""V2, V2.5 and Coder-V2: latent attention and fine-grained experts (May to December 2024)."""

from dataclasses import replace

from deepseek_space.models.shape.architecture import Architecture, Experts, Latent, Rope
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.types import Sampling

EOS = "<｜end▁of▁sentence｜>"
LICENCE = "DeepSeek Model License"
LANGUAGES = ("English", "Chinese")
CODE_LANGUAGES = ("English", "Chinese", "338 programming languages")
COOL = Sampling(temperature=0.3, top_p=1.0)
BASE_ONLY = "A base model: it continues text and does not chat."
MSCALE = "RoPE scale (not found for Coder V2; V2's is assumed)"

LITE_SHAPE = Architecture(
    model_type="deepseek_v2",
    layers=27,
    hidden=2048,
    heads=16,
    kv_heads=16,
    head_dim=64,
    ffn=10944,
    vocab=102400,
    max_positions=163_840,
    rope=Rope(kind="yarn", factor=40.0, original_context=4096, mscale=0.707),
    latent=Latent(q_rank=None),
    experts=Experts(routed=64, shared=2, active=6, width=1408, dense_layers=1),
)
FULL_SHAPE = replace(
    LITE_SHAPE,
    layers=60,
    hidden=5120,
    heads=128,
    kv_heads=128,
    ffn=12288,
    latent=Latent(),
    experts=Experts(routed=160, shared=2, active=6, width=1536, dense_layers=1, groups=8, active_groups=3, scale=16.0),
)
V2_5_SHAPE = replace(FULL_SHAPE, rope=replace(FULL_SHAPE.rope, mscale=1.0))

V2_LITE = ModelSpec(
    name="v2-lite",
    repo_id="deepseek-ai/DeepSeek-V2-Lite",
    title="DeepSeek V2 Lite Base",
    group="V2",
    architecture=LITE_SHAPE,
    params_total=15_706_484_224,
    params_active=2_400_000_000,
    context_advertised=32_768,
    context_practical=32_768,
    dtype="bf16",
    disk_bytes=31_412_968_448,
    licence=LICENCE,
    languages=LANGUAGES,
    prompt_family="base",
    stop=(EOS,),
    stop_ids=(100001,),
    strengths="2.4B active parameters and a small latent cache.",
    warnings=(BASE_ONLY,),
)
V2_LITE_CHAT = replace(
    V2_LITE,
    name="v2-lite-chat",
    repo_id="deepseek-ai/DeepSeek-V2-Lite-Chat",
    title="DeepSeek V2 Lite Chat",
    prompt_family="plain",
    sampling=COOL,
    strengths="Quick general chat for its size: 2.4B active parameters.",
    warnings=("A space after 'Assistant:' in the prompt causes Chinese replies and repetition.",),
)
V2 = replace(
    V2_LITE,
    name="v2",
    repo_id="deepseek-ai/DeepSeek-V2",
    title="DeepSeek V2 Base",
    architecture=FULL_SHAPE,
    params_total=235_741_434_880,
    params_active=21_000_000_000,
    context_advertised=131_072,
    context_practical=131_072,
    disk_bytes=471_482_869_760,
    strengths="236B parameters, 21B of them active.",
    runs="remote",
)
V2_CHAT = replace(
    V2,
    name="v2-chat",
    repo_id="deepseek-ai/DeepSeek-V2-Chat",
    title="DeepSeek V2 Chat",
    prompt_family="plain",
    sampling=COOL,
    strengths="General chat; HumanEval 81.1, GSM8K 92.2.",
    warnings=(),
)
V2_CHAT_0628 = replace(
    V2_CHAT,
    name="v2-chat-0628",
    repo_id="deepseek-ai/DeepSeek-V2-Chat-0628",
    title="DeepSeek V2 Chat 0628",
    prompt_family="v2-0628",
    strengths="V2 Chat improved; HumanEval 84.8, MATH 71.0.",
)
V2_5 = replace(
    V2_CHAT,
    name="v2.5",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V2.5",
    title="DeepSeek V2.5",
    architecture=V2_5_SHAPE,
    prompt_family="v2.5",
    fim=True,
    strengths="Chat and code in one model; HumanEval 89.",
)
V2_5_1210 = replace(
    V2_5,
    name="v2.5-1210",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-V2.5-1210",
    title="DeepSeek V2.5 1210",
    fim=False,
    strengths="The last revision of V2.5.",
    unknown=("filling gaps (its card was not seen)",),
)

CODER_V2_LITE_BASE = replace(
    V2_LITE,
    name="coder-v2-lite-base",
    repo_id="deepseek-ai/DeepSeek-Coder-V2-Lite-Base",
    title="DeepSeek Coder V2 Lite Base",
    group="Coder V2",
    context_advertised=131_072,
    context_practical=131_072,
    languages=CODE_LANGUAGES,
    fim=True,
    strengths="Completes and fills in code; HumanEval-FIM 86.4.",
    unknown=(MSCALE,),
)
CODER_V2_LITE = replace(
    CODER_V2_LITE_BASE,
    name="coder-v2-lite-instruct",
    repo_id="deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct",
    title="DeepSeek Coder V2 Lite Instruct",
    prompt_family="plain",
    fim=False,
    sampling=COOL,
    strengths="Code and mathematics with 2.4B active parameters; HumanEval 81.1.",
    warnings=V2_LITE_CHAT.warnings,
    unknown=(MSCALE, "filling gaps (not documented for this checkpoint)"),
)
CODER_V2_BASE = replace(
    V2,
    name="coder-v2-base",
    repo_id="deepseek-ai/DeepSeek-Coder-V2-Base",
    title="DeepSeek Coder V2 Base",
    group="Coder V2",
    languages=CODE_LANGUAGES,
    strengths="Completes code in 338 languages.",
    warnings=(BASE_ONLY, "Not trained to fill in the middle."),
    unknown=(MSCALE,),
)
CODER_V2 = replace(
    CODER_V2_BASE,
    name="coder-v2-instruct",
    repo_id="deepseek-ai/DeepSeek-Coder-V2-Instruct",
    title="DeepSeek Coder V2 Instruct",
    prompt_family="plain",
    sampling=COOL,
    strengths="Code and mathematics; HumanEval 90.2, MATH 75.7.",
    warnings=(),
)
CODER_V2_0724 = replace(
    CODER_V2,
    name="coder-v2-instruct-0724",
    writes_edits=True,
    repo_id="deepseek-ai/DeepSeek-Coder-V2-Instruct-0724",
    title="DeepSeek Coder V2 Instruct 0724",
    fim=True,
    strengths="Coder V2 improved, with fill-in-the-middle.",
)

GENERATION_2 = (
    V2_LITE_CHAT,
    V2_LITE,
    V2_5_1210,
    V2_5,
    V2_CHAT_0628,
    V2_CHAT,
    V2,
    CODER_V2_LITE,
    CODER_V2_LITE_BASE,
    CODER_V2_0724,
    CODER_V2,
    CODER_V2_BASE,
)
