"""llama.cpp's own server, from the wheel ``xllamacpp``, in a process of its own: this file, run as a program."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# R1's published template without its tools: it cuts old thoughts off and opens the new one.
R1_TEMPLATE = """{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}\
{% set ns = namespace(system_prompt='') %}\
{%- for message in messages %}{%- if message['role'] == 'system' %}\
{% set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor %}\
{{bos_token}}{{ns.system_prompt}}\
{%- for message in messages %}\
{%- if message['role'] == 'user' %}{{'<｜User｜>' + message['content']}}{%- endif %}\
{%- if message['role'] == 'assistant' and message['content'] is not none %}\
{% set content = message['content'] %}\
{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}\
{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}{%- endif %}\
{%- endfor -%}\
{% if add_generation_prompt %}{{'<｜Assistant｜><think>\\n'}}{% endif %}"""
# The same to a model, but llama.cpp does not see that it opens a thought: it sends the closing tag alone.
OPAQUE_TEMPLATE = """{{bos_token}}{% for message in messages %}\
{{'<｜User｜>' + message['content'] if message['role'] == 'user' else message['content']}}{% endfor %}\
{% if add_generation_prompt %}{{'<｜Assistant｜><think>\\n'}}{% endif %}"""
# Tools and calls in tags, as Hermes and Qwen have them: llama.cpp sees by itself how calls are written.
TOOLS_TEMPLATE = """{% if tools %}{{'<|im_start|>system\\n<tools>\\n'}}\
{% for tool in tools %}{{tool | tojson + '\\n'}}{% endfor %}{{'</tools><|im_end|>\\n'}}{% endif %}\
{% for message in messages %}{{'<|im_start|>' + message.role + '\\n' + (message.content or '')}}\
{% if message.tool_calls %}{% for call in message.tool_calls %}\
{{'<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' + (call.function.arguments | tojson)}}\
{{'}\\n</tool_call>'}}{% endfor %}{% endif %}{{'<|im_end|>\\n'}}{% endfor %}\
{% if add_generation_prompt %}{{'<|im_start|>assistant\\n'}}{% endif %}"""
CONTEXT_TOKENS = 256


@contextmanager
def llamacpp_server(model: Path, *, alias: str = "", template: str = R1_TEMPLATE) -> Iterator[str]:
    """Serve ``model`` for as long as the block lasts; yields the address."""
    command = [sys.executable, __file__, str(model), alias, template]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"{process.stdout.readline().strip()}/v1"
        finally:
            process.stdin.close()  # it ends with its input, and with this process


def _serve(model: str, alias: str, template: str) -> None:
    from xllamacpp import CommonParams, Server

    params = CommonParams()
    params.model.path = model
    params.model_alias = {alias} if alias else set()
    params.chat_template, params.use_jinja = template, True
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_ctx, params.n_parallel, params.warmup, params.fit_params = CONTEXT_TOKENS, 1, False, False
    params.no_extra_bufts = True  # or all weights are packed anew first
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # two would wait for each other beside a browser
    params.verbosity = -1
    server = Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
