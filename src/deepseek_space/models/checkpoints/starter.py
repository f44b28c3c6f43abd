"""The starter's shape: SmolLM2-135M-Instruct, no DeepSeek model; it answers until one is there."""

from deepseek_space.models.shape.architecture import Architecture, Rope
from deepseek_space.models.shape.checkpoint import Checkpoint
from deepseek_space.models.shape.weights import matrices
from deepseek_space.sentences import Sentence

STARTER_SHAPE = Architecture(
    model_type="llama",
    layers=30,
    hidden=576,
    heads=9,
    kv_heads=3,
    head_dim=64,
    ffn=1536,
    vocab=49152,
    max_positions=8192,
    rope=Rope(theta=100_000.0),
    tied=True,
)

STARTER_LICENCE = "Apache-2.0"
STARTER_STRENGTHS = Sentence("Answers at once and anywhere; knows far less than a DeepSeek model, and is none.")

STARTER = Checkpoint(
    name="starter",
    architecture=STARTER_SHAPE,
    matrices=matrices(STARTER_SHAPE),
    dtype="bf16",
    disk_bytes=269_030_016,
    context_practical=8192,
    context_most=8192,
)
