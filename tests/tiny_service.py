"""A tiny random model behind its engine, as a backend that routes can be installed over."""

from deepseek_space.backends.local.resident_model import HONOURS
from deepseek_space.backends.local.served_model import ServedModel
from deepseek_space.engine.engine import Engine
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.step import prepare
from deepseek_space.engine.worker import Worker
from deepseek_space.models import catalog
from deepseek_space.models.loaded_model import LoadedModel
from deepseek_space.status import Status
from deepseek_space.types import Sampling
from tiny_checkpoints import CHAT_TEMPLATE, tiny_chat_model
from tiny_tokenizers import deepseek_tokenizer, with_tool_tokens


class TinyService:
    """Answers in the way of the catalogue's ``name``; "" is a model with a template of its own. Close it, or ``with``.

    ``change`` is done to the model before it answers; with ``has_tools`` it has the tokens by which calls are written.
    """

    def __init__(self, name="", *, change=lambda model: None, has_tools=False):
        self.tokenizer = deepseek_tokenizer(chat_template=CHAT_TEMPLATE)
        context_tokens = 4096 if has_tools else 512
        self.model = tiny_chat_model(context_tokens=context_tokens)
        if has_tools:
            self.tokenizer = with_tool_tokens(self.tokenizer)
            self.model.resize_token_embeddings(len(self.tokenizer), mean_resizing=False)
        change(self.model)
        loaded = LoadedModel(
            name="tiny",
            model=self.model,
            tokenizer=self.tokenizer,
            precision="fp32",
            device="cpu",
            context_tokens=context_tokens,
            stop_ids=frozenset({self.tokenizer.eos_token_id}),
            weight_bytes=0,
        )
        self.engine = Engine(prepare(self.model), limits=EngineLimits(context_tokens=context_tokens, kv_bytes=1 << 28))
        self.served = ServedModel(loaded, Worker(self.engine), spec=catalog.find(name) if name else None)

    def stream(self, request):
        return self.served.stream(request)

    def count_tokens(self, text):
        return self.served.encoder.count(text)

    def status(self):
        encoder = self.served.encoder
        return Status(
            state="ready",
            model="tiny",
            context_tokens=self.served.loaded.context_tokens,
            can_chat=encoder.can_chat,
            can_infill=self.served.can_infill,
            honours=HONOURS,
            can_think=encoder.can_think,
            can_choose_thinking=encoder.can_choose_thinking,
            thinks_by_default=encoder.thinks_by_default,
            tool_format=encoder.tool_format,
            sampling=Sampling(temperature=0, max_new_tokens=40),
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.served.close()
