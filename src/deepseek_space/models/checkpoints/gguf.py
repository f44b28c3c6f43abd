"""Repositories of GGUF files of the family that many people use, each with one quantisation to begin with. Facts only.

Bits per weight are those that llama.cpp gives for a quantisation, or its publisher for a file.
"""

from dataclasses import dataclass

Q4_K_M_BITS = 4.89
Q4_K_S_BITS = 4.67


@dataclass(frozen=True, kw_only=True)
class GgufRepository:
    """``repo_id`` publishes the catalogue's ``checkpoint``; ``bits`` of each weight on average in ``quantisation``."""

    checkpoint: str
    repo_id: str
    quantisation: str = "Q4_K_M"
    bits: float = Q4_K_M_BITS


GGUF_REPOSITORIES = (
    GgufRepository(checkpoint="r1-distill-qwen-1.5b", repo_id="unsloth/DeepSeek-R1-Distill-Qwen-1.5B-GGUF"),
    GgufRepository(checkpoint="r1-distill-qwen-7b", repo_id="unsloth/DeepSeek-R1-Distill-Qwen-7B-GGUF"),
    GgufRepository(checkpoint="r1-distill-llama-8b", repo_id="unsloth/DeepSeek-R1-Distill-Llama-8B-GGUF"),
    GgufRepository(checkpoint="r1-0528-qwen3-8b", repo_id="unsloth/DeepSeek-R1-0528-Qwen3-8B-GGUF"),
    GgufRepository(checkpoint="r1-distill-qwen-14b", repo_id="unsloth/DeepSeek-R1-Distill-Qwen-14B-GGUF"),
    GgufRepository(checkpoint="r1-distill-qwen-32b", repo_id="unsloth/DeepSeek-R1-Distill-Qwen-32B-GGUF"),
    GgufRepository(checkpoint="r1-distill-llama-70b", repo_id="unsloth/DeepSeek-R1-Distill-Llama-70B-GGUF"),
    GgufRepository(
        checkpoint="v2-lite-chat",
        repo_id="mradermacher/DeepSeek-V2-Lite-Chat-GGUF",
        quantisation="Q4_K_S",
        bits=Q4_K_S_BITS,
    ),
    GgufRepository(checkpoint="coder-v2-lite-instruct", repo_id="bartowski/DeepSeek-Coder-V2-Lite-Instruct-GGUF"),
    GgufRepository(checkpoint="r1", repo_id="unsloth/DeepSeek-R1-GGUF", quantisation="UD-IQ1_S", bits=1.58),
    GgufRepository(checkpoint="v3-0324", repo_id="unsloth/DeepSeek-V3-0324-GGUF"),
)
