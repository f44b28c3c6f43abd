"""R1's reasoning in Qwen and Llama models that one machine can hold (January and May 2025)."""

from dataclasses import replace

from deepseek_space.models.shape.architecture import Architecture, Rope
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.types import Sampling

EOS = "<｜end▁of▁sentence｜>"
APACHE_BASE, LLAMA_BASE = "MIT (base: Apache-2.0)", "MIT (base: Llama {} Community License)"
SAMPLING = Sampling(temperature=0.6, top_p=0.95, max_new_tokens=32_768)
WARNINGS = (
    "Greedy decoding makes it repeat itself: keep the temperature from 0.5 to 0.7.",
    "Give no system prompt; put instructions into the message.",
    "It thinks for thousands of tokens: a short reply limit ends inside the thoughts.",
)
NO_CONTEXT = "advertised context (131,072 tokens are configured; DeepSeek's examples serve 32,768, as here)"
LLAMA_IDS = "ids of stop tokens (taken from the tokenizer)"

QWEN_1_5B_SHAPE = Architecture(
    model_type="qwen2",
    layers=28,
    hidden=1536,
    heads=12,
    kv_heads=2,
    head_dim=128,
    ffn=8960,
    vocab=151936,
    max_positions=131_072,
    qkv_bias=True,
)
QWEN_7B_SHAPE = replace(QWEN_1_5B_SHAPE, hidden=3584, heads=28, kv_heads=4, ffn=18944, vocab=152064)
QWEN_14B_SHAPE = replace(
    QWEN_7B_SHAPE, layers=48, hidden=5120, heads=40, kv_heads=8, ffn=13824, rope=Rope(theta=1_000_000.0)
)
QWEN_32B_SHAPE = replace(QWEN_14B_SHAPE, layers=64, ffn=27648)
LLAMA_8B_SHAPE = Architecture(
    model_type="llama",
    layers=32,
    hidden=4096,
    heads=32,
    kv_heads=8,
    head_dim=128,
    ffn=14336,
    vocab=128256,
    max_positions=131_072,
    rope=Rope(theta=500_000.0, kind="llama3", factor=8.0, original_context=8192),
)
LLAMA_70B_SHAPE = replace(LLAMA_8B_SHAPE, layers=80, hidden=8192, heads=64, ffn=28672)
QWEN3_8B_SHAPE = Architecture(
    model_type="qwen3",
    layers=36,
    hidden=4096,
    heads=32,
    kv_heads=8,
    head_dim=128,
    ffn=12288,
    vocab=151936,
    max_positions=131_072,
    # Factor 1: the published attn_factor only undoes what transformers would apply, and transformers ignores it.
    rope=Rope(theta=1_000_000.0, kind="yarn", factor=4.0, original_context=32_768, attention_factor=1.0),
    qk_norm=True,
)

QWEN_1_5B = ModelSpec(
    name="r1-distill-qwen-1.5b",
    repo_id="deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B",
    title="DeepSeek R1 Distill Qwen 1.5B",
    group="R1 distilled",
    architecture=QWEN_1_5B_SHAPE,
    params_total=1_777_088_000,
    params_active=1_777_088_000,
    context_advertised=None,
    context_practical=32_768,
    dtype="bf16",
    disk_bytes=3_554_176_000,
    licence=APACHE_BASE,
    languages=("English", "Chinese"),
    prompt_family="r1",
    takes_system_prompt=False,
    stop=(EOS,),
    stop_ids=(151643,),
    reasoning="prefilled",
    sampling=SAMPLING,
    strengths="The smallest that reasons; MATH-500 83.9.",
    warnings=WARNINGS,
    unknown=(NO_CONTEXT,),
)
QWEN_7B = replace(
    QWEN_1_5B,
    name="r1-distill-qwen-7b",
    repo_id="deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    title="DeepSeek R1 Distill Qwen 7B",
    architecture=QWEN_7B_SHAPE,
    params_total=7_615_616_512,
    params_active=7_615_616_512,
    disk_bytes=15_231_233_024,
    strengths="Mathematics and logic; AIME 2024 55.5, MATH-500 92.8.",
)
QWEN_14B = replace(
    QWEN_1_5B,
    name="r1-distill-qwen-14b",
    repo_id="deepseek-ai/DeepSeek-R1-Distill-Qwen-14B",
    title="DeepSeek R1 Distill Qwen 14B",
    architecture=QWEN_14B_SHAPE,
    params_total=14_770_033_664,
    params_active=14_770_033_664,
    disk_bytes=29_540_067_328,
    strengths="Reasons better than the 7B, in half the memory of the 32B; AIME 2024 69.7.",
)
QWEN_32B = replace(
    QWEN_1_5B,
    name="r1-distill-qwen-32b",
    repo_id="deepseek-ai/DeepSeek-R1-Distill-Qwen-32B",
    title="DeepSeek R1 Distill Qwen 32B",
    architecture=QWEN_32B_SHAPE,
    params_total=32_763_876_352,
    params_active=32_763_876_352,
    disk_bytes=65_527_752_704,
    strengths="The strongest distilled Qwen; AIME 2024 72.6, GPQA 62.1.",
)
LLAMA_8B = replace(
    QWEN_1_5B,
    name="r1-distill-llama-8b",
    repo_id="deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
    title="DeepSeek R1 Distill Llama 8B",
    architecture=LLAMA_8B_SHAPE,
    params_total=8_030_261_248,
    params_active=8_030_261_248,
    disk_bytes=16_060_522_496,
    licence=LLAMA_BASE.format("3.1"),
    stop_ids=(),
    strengths="Reasoning on Llama; AIME 2024 50.4, LiveCodeBench 39.6.",
    unknown=(NO_CONTEXT, LLAMA_IDS),
)
LLAMA_70B = replace(
    LLAMA_8B,
    name="r1-distill-llama-70b",
    repo_id="deepseek-ai/DeepSeek-R1-Distill-Llama-70B",
    title="DeepSeek R1 Distill Llama 70B",
    architecture=LLAMA_70B_SHAPE,
    params_total=70_553_706_496,
    params_active=70_553_706_496,
    disk_bytes=141_107_412_992,
    licence=LLAMA_BASE.format("3.3"),
    strengths="The largest distill; GPQA 65.2, LiveCodeBench 57.5.",
)
QWEN3_8B = replace(
    QWEN_1_5B,
    name="r1-0528-qwen3-8b",
    repo_id="deepseek-ai/DeepSeek-R1-0528-Qwen3-8B",
    title="DeepSeek R1 0528 Qwen3 8B",
    architecture=QWEN3_8B_SHAPE,
    params_total=8_190_735_360,
    params_active=8_190_735_360,
    context_advertised=131_072,
    disk_bytes=16_381_470_720,
    licence="MIT",
    prompt_family="r1-0528",
    takes_system_prompt=True,
    stop_ids=(151645,),
    reasoning="written",
    sampling=replace(SAMPLING, max_new_tokens=65_536),
    strengths="The strongest reasoner of its size; AIME 2024 86.0.",
    warnings=(WARNINGS[2], "Qwen3's own chat template and /no_think do not apply."),
    unknown=(),
)

DISTILLED = (QWEN_1_5B, QWEN_7B, LLAMA_8B, QWEN3_8B, QWEN_14B, QWEN_32B, LLAMA_70B)
