"""lm_eval on tasks of our own: each of its figures must be what transformers makes of the same texts by itself.

Reaches no Hub: the texts are files, and so is the tokenizer.
"""

import json
from pathlib import Path

import torch
from client import Program, Service
from transformers import AutoModelForCausalLM, AutoTokenizer

CHOICES = [
    {"context": "User: hello there", "endings": [" The answer is 42.", " fib(n - 1)", " 你好，世界。"]},
    {"context": "def fib(n):\n    return", "endings": [" n if n < 2", " hello", " 42 + n"]},
    {"context": "### Instruction:\nhello\n### Response:\n", "endings": ["hello there", "Assistant:", "请写一个函数。"]},
]
BEGINNINGS = ["User: hello there", "def fib(n):", "The answer is", "### Response:"]
NEW_TOKENS, STOP = 12, "n"
TASKS = {
    "ours_choices": {
        "output_type": "multiple_choice",
        "doc_to_text": "{{context}}",
        "doc_to_choice": "{{endings}}",
        "doc_to_target": "{{gold}}",
        "target_delimiter": "",
        "metric_list": [{"metric": "acc"}],
    },
    "ours_texts": {
        "output_type": "loglikelihood_rolling",
        "doc_to_text": "",
        "doc_to_target": "{{text}}",
        "metric_list": [{"metric": "byte_perplexity"}],
    },
    "ours_written": {
        "output_type": "generate_until",
        "doc_to_text": "{{text}}",
        "doc_to_target": "{{written}}",
        "generation_kwargs": {"until": [STOP], "max_gen_toks": NEW_TOKENS, "do_sample": False, "temperature": 0},
        "metric_list": [{"metric": "exact_match"}],
    },
}


class Plain:
    """The checkpoint in ``folder`` with nothing but transformers around it."""

    def __init__(self, folder: Path) -> None:
        self._model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(folder)

    def ids(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False)

    @torch.inference_mode()
    def score(self, before: list[int], after: list[int]) -> tuple[float, bool]:
        """Return the log-likelihood of ``after``, and whether it is what would be written."""
        logprobs = self._model(torch.tensor([before + after])).logits[0, len(before) - 1 : -1].log_softmax(-1)
        own = logprobs.gather(1, torch.tensor(after)[:, None]).sum().item()
        return own, logprobs.argmax(-1).tolist() == after

    def score_text(self, text: str) -> float:
        return self.score([self._tokenizer.bos_token_id], self.ids(text))[0]  # which the harness begins with

    def write(self, text: str) -> str:
        ids = torch.tensor([self.ids(text)])
        written = self._model.generate(ids, max_new_tokens=NEW_TOKENS, do_sample=False, pad_token_id=0)
        return self._tokenizer.decode(written[0, ids.shape[1] :], skip_special_tokens=True).partition(STOP)[0]


def lm_eval(program: Program, folder: Path, service: Service) -> str:
    """Log-likelihoods of endings and of texts, and greedy texts, sample by sample."""
    plain = Plain(service.folder)
    written = [plain.write(text) for text in BEGINNINGS]
    _save(folder, "ours_choices", [{**doc, "gold": i % 3} for i, doc in enumerate(CHOICES)])
    _save(folder, "ours_texts", [{"text": text} for text in (BEGINNINGS[1] + "\n    return n", CHOICES[0]["context"])])
    # Every other one expects something else, so that the score is neither all nor nothing.
    wanted = [text if i % 2 else f"not {text}" for i, text in enumerate(written)]
    _save(folder, "ours_written", [{"text": a, "written": b} for a, b in zip(BEGINNINGS, wanted, strict=True)])
    _run(program, folder, service)
    found = _samples(folder, "ours_choices")
    right = []
    for sample in found:
        # The harness lets blanks at the end of what is given begin what is scored.
        context, endings = plain.ids(sample["doc"]["context"].rstrip()), sample["doc"]["endings"]
        both = [plain.ids(sample["doc"]["context"] + ending)[len(context) :] for ending in endings]
        expected = [plain.score(context, after) for after in both]
        _same([_pair(response[0]) for response in sample["resps"]], expected)
        right.append(max(range(3), key=lambda i: expected[i][0]) == sample["doc"]["gold"])
    texts = _samples(folder, "ours_texts")
    for sample in texts:
        assert abs(float(sample["resps"][0][0]) - plain.score_text(sample["doc"]["text"])) < 2e-3
    answers = {sample["doc"]["text"]: sample["resps"][0][0] for sample in _samples(folder, "ours_written")}
    assert answers == dict(zip(BEGINNINGS, written, strict=True)), (answers, written)
    scores = _scores(folder)
    assert scores["ours_choices"]["acc,none"] == sum(right) / len(right)
    assert scores["ours_written"]["exact_match,none"] == 0.5
    return (
        f"{sum(len(sample['resps']) for sample in found)} endings, {len(texts)} texts, {len(answers)} answers as plain"
    )


def _pair(response: list[str]) -> tuple[float, bool]:
    value, is_greedy = response
    return float(value), str(is_greedy) == "True"


def _same(found: list[tuple[float, bool]], expected: list[tuple[float, bool]]) -> None:
    for (value, is_greedy), (true_value, true_greedy) in zip(found, expected, strict=True):
        assert abs(value - true_value) < 2e-3, (found, expected)
        assert is_greedy == true_greedy


def _save(folder: Path, name: str, docs: list[dict[str, object]]) -> None:
    data = folder / f"{name}.json"
    data.write_text(json.dumps(docs))
    task = {"task": name, "dataset_path": "json", "test_split": "test", **TASKS[name]}
    task["dataset_kwargs"] = {"data_files": {"test": str(data)}}
    (folder / f"{name}.yaml").write_text(json.dumps(task))  # JSON is YAML


def _run(program: Program, folder: Path, service: Service) -> None:
    model = f"model={service.model},base_url={service.url}/completions,tokenizer={service.folder},num_concurrent=2"
    arguments = ["--model", "local-completions", "--model_args", f"{model},max_length=512", "--tasks", ",".join(TASKS)]
    places = ["--include_path", str(folder), "--output_path", str(folder / "out"), "--log_samples"]
    environ = {"OPENAI_API_KEY": service.key, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    program("lm_eval", *arguments, *places, environ=environ)


def _samples(folder: Path, task: str) -> list[dict[str, object]]:
    (file,) = folder.glob(f"out/**/samples_{task}_*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


def _scores(folder: Path) -> dict[str, dict[str, float]]:
    (file,) = folder.glob("out/**/results_*.json")
    return json.loads(file.read_text())["results"]
