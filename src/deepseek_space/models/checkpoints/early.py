"""LLM, MoE, Math and Coder v1 and v1.5 (November 2023 to April 2024)."""

from dataclasses import replace

from deepseek_space.models.shape.architecture import Architecture, Experts, Rope
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.types import Sampling

EOS, EOT = "<｜end▁of▁sentence｜>", "<|EOT|>"
LICENCE = "DeepSeek Model License"
LANGUAGES = ("English", "Chinese")
CODE_LANGUAGES = ("English", "Chinese", "89 programming languages")
BASE_ONLY = "A base model: it continues text and does not chat."
NO_SYSTEM = "Not trained with a system prompt; put instructions into the message."
SHORT_CONTEXT = "The context is 4,096 tokens, the reply included."
REFUSES = "The default system text makes it refuse what is not about programming."
NO_FIM = "Fill-in-the-middle was not part of the instruction tuning; use the base model for it."
NO_SAMPLING = "sampling (no recommendation was found)"
LLM_SAMPLING = Sampling(temperature=0.7, top_p=0.9)
GREEDY = Sampling(temperature=0.0, top_p=1.0)

LLM_7B_SHAPE = Architecture(
    model_type="llama",
    layers=30,
    hidden=4096,
    heads=32,
    kv_heads=32,
    head_dim=128,
    ffn=11008,
    vocab=102400,
    max_positions=4096,
)
LLM_67B_SHAPE = replace(LLM_7B_SHAPE, layers=95, hidden=8192, heads=64, kv_heads=8, ffn=22016)
CODER_ROPE = Rope(theta=100_000.0, kind="linear", factor=4.0)
CODER_6_7B_SHAPE = replace(LLM_7B_SHAPE, layers=32, vocab=32256, max_positions=16384, rope=CODER_ROPE)
CODER_1_3B_SHAPE = replace(CODER_6_7B_SHAPE, layers=24, hidden=2048, heads=16, kv_heads=16, ffn=5504)
CODER_5_7B_SHAPE = replace(CODER_6_7B_SHAPE, kv_heads=1)
CODER_33B_SHAPE = replace(CODER_6_7B_SHAPE, layers=62, hidden=7168, heads=56, kv_heads=8, ffn=19200)
MOE_16B_SHAPE = replace(
    LLM_7B_SHAPE,
    model_type="deepseek",
    layers=28,
    hidden=2048,
    heads=16,
    kv_heads=16,
    ffn=10944,
    experts=Experts(routed=64, shared=2, active=6, width=1408, dense_layers=1),
)

LLM_7B = ModelSpec(
    name="llm-7b-base",
    repo_id="deepseek-ai/deepseek-llm-7b-base",
    title="DeepSeek LLM 7B Base",
    group="LLM",
    architecture=LLM_7B_SHAPE,
    params_total=6_910_365_696,
    params_active=6_910_365_696,
    context_advertised=4096,
    context_practical=4096,
    dtype="bf16",
    disk_bytes=13_820_731_392,
    licence=LICENCE,
    languages=LANGUAGES,
    prompt_family="base",
    stop=(EOS,),
    stop_ids=(100001,),
    strengths="General text in English and Chinese, from 2T training tokens.",
    warnings=(BASE_ONLY, SHORT_CONTEXT),
)
LLM_7B_CHAT = replace(
    LLM_7B,
    name="llm-7b-chat",
    repo_id="deepseek-ai/deepseek-llm-7b-chat",
    title="DeepSeek LLM 7B Chat",
    prompt_family="plain",
    takes_system_prompt=False,
    sampling=LLM_SAMPLING,
    strengths="General chat in English and Chinese.",
    warnings=(NO_SYSTEM, SHORT_CONTEXT),
)
LLM_67B = replace(
    LLM_7B,
    name="llm-67b-base",
    repo_id="deepseek-ai/deepseek-llm-67b-base",
    title="DeepSeek LLM 67B Base",
    architecture=LLM_67B_SHAPE,
    params_total=67_425_001_472,
    params_active=67_425_001_472,
    disk_bytes=134_850_002_944,
    strengths="The larger of the first DeepSeek LLM.",
)
LLM_67B_CHAT = replace(
    LLM_67B,
    name="llm-67b-chat",
    repo_id="deepseek-ai/deepseek-llm-67b-chat",
    title="DeepSeek LLM 67B Chat",
    prompt_family="plain",
    takes_system_prompt=False,
    sampling=LLM_SAMPLING,
    strengths="General chat; HumanEval 73.8, GSM8K 84.1.",
    warnings=(NO_SYSTEM, SHORT_CONTEXT),
)
MOE_16B = replace(
    LLM_7B,
    name="moe-16b-base",
    repo_id="deepseek-ai/deepseek-moe-16b-base",
    title="DeepSeek MoE 16B Base",
    group="MoE",
    architecture=MOE_16B_SHAPE,
    params_total=16_375_728_128,
    params_active=2_800_000_000,
    disk_bytes=32_751_456_256,
    strengths="The first mixture of experts of the family.",
    runs="remote-code",
    warnings=(BASE_ONLY, SHORT_CONTEXT, "Its code in the repository does not import on transformers 5; use a GGUF."),
)
MOE_16B_CHAT = replace(
    MOE_16B,
    name="moe-16b-chat",
    repo_id="deepseek-ai/deepseek-moe-16b-chat",
    title="DeepSeek MoE 16B Chat",
    prompt_family="plain",
    takes_system_prompt=False,
    strengths="General chat with 2.8B active parameters.",
    warnings=(NO_SYSTEM, *MOE_16B.warnings[1:]),
    unknown=(NO_SAMPLING,),
)

MATH_7B = replace(
    LLM_7B,
    name="math-7b-base",
    repo_id="deepseek-ai/deepseek-math-7b-base",
    title="DeepSeekMath 7B Base",
    group="Math",
    strengths="Mathematics in English and Chinese; GSM8K 64.2.",
)
MATH_7B_INSTRUCT = replace(
    MATH_7B,
    name="math-7b-instruct",
    repo_id="deepseek-ai/deepseek-math-7b-instruct",
    title="DeepSeekMath 7B Instruct",
    prompt_family="plain",
    takes_system_prompt=False,
    strengths="Worked solutions step by step; GSM8K 82.9.",
    warnings=(r"Ask it to reason step by step and to put the final answer within \boxed{}.", NO_SYSTEM, SHORT_CONTEXT),
    unknown=(NO_SAMPLING,),
)
MATH_7B_RL = replace(
    MATH_7B_INSTRUCT,
    name="math-7b-rl",
    repo_id="deepseek-ai/deepseek-math-7b-rl",
    title="DeepSeekMath 7B RL",
    strengths="The strongest 7B of the Math line; GSM8K 88.2, MATH 51.7.",
)

CODER_1_3B = replace(
    LLM_7B,
    name="coder-1.3b-base",
    repo_id="deepseek-ai/deepseek-coder-1.3b-base",
    title="DeepSeek Coder 1.3B Base",
    group="Coder",
    architecture=CODER_1_3B_SHAPE,
    params_total=1_346_471_936,
    params_active=1_346_471_936,
    context_advertised=16384,
    context_practical=16384,
    disk_bytes=2_692_943_872,
    languages=CODE_LANGUAGES,
    stop_ids=(32014,),
    fim=True,
    strengths="The smallest coder; completes and fills in code.",
    warnings=(BASE_ONLY,),
)
CODER_1_3B_INSTRUCT = replace(
    CODER_1_3B,
    name="coder-1.3b-instruct",
    repo_id="deepseek-ai/deepseek-coder-1.3b-instruct",
    title="DeepSeek Coder 1.3B Instruct",
    prompt_family="coder",
    stop=(EOT,),
    stop_ids=(32021,),
    fim=False,
    sampling=GREEDY,
    strengths="The smallest coder that follows instructions; HumanEval 65.2.",
    warnings=(REFUSES, NO_FIM),
)
CODER_5_7B = replace(
    CODER_1_3B,
    name="coder-5.7bmqa-base",
    repo_id="deepseek-ai/deepseek-coder-5.7bmqa-base",
    title="DeepSeek Coder 5.7B MQA Base",
    architecture=CODER_5_7B_SHAPE,
    params_total=5_700_325_376,
    params_active=5_700_325_376,
    disk_bytes=11_400_650_752,
    strengths="One key-value head: the smallest cache of the Coder line.",
)
CODER_6_7B = replace(
    CODER_1_3B,
    name="coder-6.7b-base",
    repo_id="deepseek-ai/deepseek-coder-6.7b-base",
    title="DeepSeek Coder 6.7B Base",
    architecture=CODER_6_7B_SHAPE,
    params_total=6_740_512_768,
    params_active=6_740_512_768,
    disk_bytes=13_481_025_536,
    strengths="Completes and fills in code.",
)
CODER_6_7B_INSTRUCT = replace(
    CODER_1_3B_INSTRUCT,
    name="coder-6.7b-instruct",
    repo_id="deepseek-ai/deepseek-coder-6.7b-instruct",
    title="DeepSeek Coder 6.7B Instruct",
    architecture=CODER_6_7B_SHAPE,
    params_total=CODER_6_7B.params_total,
    params_active=CODER_6_7B.params_active,
    disk_bytes=CODER_6_7B.disk_bytes,
    strengths="Writes and explains code; HumanEval 78.6.",
)
CODER_33B = replace(
    CODER_6_7B,
    name="coder-33b-base",
    repo_id="deepseek-ai/deepseek-coder-33b-base",
    title="DeepSeek Coder 33B Base",
    architecture=CODER_33B_SHAPE,
    params_total=33_342_991_360,
    params_active=33_342_991_360,
    disk_bytes=66_685_982_720,
)
CODER_33B_INSTRUCT = replace(
    CODER_6_7B_INSTRUCT,
    name="coder-33b-instruct",
    repo_id="deepseek-ai/deepseek-coder-33b-instruct",
    title="DeepSeek Coder 33B Instruct",
    architecture=CODER_33B_SHAPE,
    params_total=CODER_33B.params_total,
    params_active=CODER_33B.params_active,
    disk_bytes=CODER_33B.disk_bytes,
    strengths="The strongest of the first Coder line; HumanEval 79.3.",
)
CODER_7B_V1_5 = replace(
    LLM_7B,
    name="coder-7b-base-v1.5",
    repo_id="deepseek-ai/deepseek-coder-7b-base-v1.5",
    title="DeepSeek Coder 7B Base v1.5",
    group="Coder",
    languages=LANGUAGES,
    strengths="Code and plain language; continues DeepSeek LLM 7B.",
    warnings=(BASE_ONLY, SHORT_CONTEXT, "Not trained to fill in the middle."),
)
CODER_7B_V1_5_INSTRUCT = replace(
    CODER_7B_V1_5,
    name="coder-7b-instruct-v1.5",
    repo_id="deepseek-ai/deepseek-coder-7b-instruct-v1.5",
    title="DeepSeek Coder 7B Instruct v1.5",
    prompt_family="coder",
    stop=(EOT,),
    stop_ids=(100015,),
    strengths="Code with better general knowledge than the first Coder line.",
    warnings=(REFUSES, SHORT_CONTEXT, "Not trained to fill in the middle."),
    unknown=(NO_SAMPLING,),
)

EARLY = (
    LLM_7B_CHAT,
    LLM_7B,
    LLM_67B_CHAT,
    LLM_67B,
    MOE_16B_CHAT,
    MOE_16B,
    MATH_7B_RL,
    MATH_7B_INSTRUCT,
    MATH_7B,
    CODER_1_3B_INSTRUCT,
    CODER_1_3B,
    CODER_5_7B,
    CODER_6_7B_INSTRUCT,
    CODER_6_7B,
    CODER_33B_INSTRUCT,
    CODER_33B,
    CODER_7B_V1_5_INSTRUCT,
    CODER_7B_V1_5,
)
