"""What --model may be, and what is said when it is none of these."""

import pytest

from deepseek_space.errors import ModelNotFound, NotACheckpoint, Unsupported
from deepseek_space.models.source import STARTER_SAMPLING, resolve


def test_auto_is_the_starter_at_home_and_a_distill_on_a_space():
    assert resolve("auto", on_space=False) == resolve("starter", on_space=False)
    assert resolve("auto", on_space=True).location == "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B"


def test_the_starter_says_that_it_is_no_deepseek_model():
    source = resolve("starter", on_space=False)
    assert source.kind == "starter"
    assert "Not a DeepSeek model" in source.note
    assert source.sampling == STARTER_SAMPLING


@pytest.mark.parametrize("name", ["r1-distill-qwen-7b", "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"])
def test_catalogue_names_and_repositories_are_the_same_checkpoint(name):
    source = resolve(name, on_space=False)
    assert (source.kind, source.location) == ("hub", "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B")
    assert source.sampling == source.spec.sampling


@pytest.mark.parametrize("name", ["ada/some-finetune", "deepseek-ai/DeepSeek-Prover-V2-7B", "deepsek-ai/DeepSeek-R1"])
def test_other_repositories_of_the_hub_are_taken_as_they_are(name: str):
    source = resolve(name, on_space=False)
    assert (source.kind, source.location, source.spec) == ("hub", name, None)
    assert "not in the DeepSeek catalogue" in source.note
    assert source.is_deepseek == name.startswith("deepseek-ai/")


@pytest.mark.parametrize(
    "name",
    ["deepseek-ai/DeepSeek-R1/", " deepseek-ai/DeepSeek-R1 ", "R1", "\u3000r1\n", "deepseek-ai/DeepSeek-R1/@main"],
)
def test_what_a_keyboard_or_a_paste_adds_is_left_out(name: str):
    assert resolve(name, on_space=False).location == "deepseek-ai/DeepSeek-R1"
    assert resolve("Starter ", on_space=False).kind == "starter"


@pytest.mark.parametrize("name", ["", "  ", "x" * 5000, "r1\x00", "\x1b[2J", "./\x1b[2J"])
def test_what_no_model_can_be_called_is_told_the_ways(name: str):
    with pytest.raises(ModelNotFound, match="Choose one of the list, or write a Hub id such as") as refused:
        resolve(name, on_space=False)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    "name",
    [
        "ada/x\nINFO app: all is well",
        "ada/\x1b[2Jx",
        "ada/..",
        "../etc",
        "ada/x y",
        "http://169.254.169.254/latest",
        "10.0.0.1:80/x",
        "ada/x?y=1",
        "ada/x#y",
        "ada/" + "x" * 200,
        "ada/x@main\nINFO app: all is well",
        "ada/x@a b",
        "https://huggingface.co/ada/x/tree/..%2F..%2Fetc",
        "https://huggingface.co/ada/x/tree/a%00b",
        "deepseek-ai/DeepSeek-R1@../../../x",
        "ada/x@/etc",
        "ada/x@refs//pr",
        "ada/x@v1/",
        "ada/x@é",
        "r1@\x00",
    ],
)
def test_what_can_be_no_repository_gets_no_further(name: str):
    with pytest.raises(ModelNotFound) as refused:
        resolve(name, on_space=False)
    assert str(refused.value).isprintable()


def test_a_folder_with_a_published_name_is_that_checkpoint(tmp_path):
    folder = tmp_path / "DeepSeek-R1-Distill-Qwen-1.5B"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    source = resolve(str(folder), on_space=False)
    assert source.kind == "folder"
    assert source.spec.name == "r1-distill-qwen-1.5b"


@pytest.mark.parametrize("name", ["DeepSeek-R1-Distill-Qwen-1.5B.gguf", "DeepSeek-R1-Distill-Qwen-1.5B.GGUF"])
def test_a_gguf_file_is_known_by_its_ending(tmp_path, name: str):
    path = tmp_path / name
    path.touch()
    source = resolve(str(path), on_space=False)
    assert source.kind == "gguf"
    assert source.spec.name == "r1-distill-qwen-1.5b"


def test_a_folder_that_happens_to_be_called_like_a_model_does_not_hide_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("r1", "mine"):
        (tmp_path / name).mkdir()
    assert resolve("r1", on_space=False).location == "deepseek-ai/DeepSeek-R1"
    for path in ("./r1", "mine"):
        with pytest.raises(NotACheckpoint):
            resolve(path, on_space=False)
    (tmp_path / "r1" / "config.json").write_text("{}")
    assert resolve("r1", on_space=False).kind == "folder"


@pytest.mark.parametrize(
    ("address", "location", "revision"),
    [
        ("https://huggingface.co/deepseek-ai/DeepSeek-R1", "deepseek-ai/DeepSeek-R1", ""),
        ("https://huggingface.co/deepseek-ai/DeepSeek-R1/tree/main", "deepseek-ai/DeepSeek-R1", ""),
        (" http://www.huggingface.co/deepseek-ai/DeepSeek-R1/?library=transformers ", "deepseek-ai/DeepSeek-R1", ""),
        ("hf.co/ada/some-finetune/", "ada/some-finetune", ""),
        ("https://hf-mirror.com/ada/some-finetune/tree/v1.0", "ada/some-finetune", "v1.0"),
        ("https://huggingface.co/ada/quants/blob/abc123/quant.gguf", "ada/quants", "abc123"),
        ("https://huggingface.co/ada/x/tree/refs%2Fpr%2F7", "ada/x", "refs/pr/7"),
        ("https://huggingface.co/ada/x/tree/refs/pr/7", "ada/x", "refs/pr/7"),
        ("https://huggingface.co/ada/x/blob/refs%2fpr%2f7/config.json", "ada/x", "refs/pr/7"),
        ("https://huggingface.co/ada/x/tree/feature%2Flong-context", "ada/x", "feature/long-context"),
        ("https://huggingface.co/ada/x/commits/v2?p=1", "ada/x", "v2"),
        ("https://huggingface.co/ada/x/raw/main/config.json", "ada/x", ""),
    ],
)
def test_an_address_of_the_hub_is_the_repository_behind_it(address: str, location: str, revision: str):
    source = resolve(address, on_space=False, local_paths=False)
    assert (source.kind, source.location, source.revision) == ("hub", location, revision)


@pytest.mark.parametrize("address", ["https://huggingface.co/datasets/ada/texts", "https://example.org/ada/model"])
def test_another_address_is_no_model(address: str):
    with pytest.raises(
        ModelNotFound, match=r"^https\S+ is no model's address on the Hub; those look like https://hugg"
    ):
        resolve(address, on_space=False)


@pytest.mark.parametrize(
    "name",
    [
        "./missing",
        "/missing/folder",
        "/" + "missing" * 100,
        "~/missing",
        "~nobody-here/missing",
        "missing.gguf",
        "MISSING.GGUF",
        r"C:\models\missing",
        "C:/models/missing",
        r"models\missing",
    ],
)
def test_a_path_that_does_not_exist_is_named(name: str):
    with pytest.raises(ModelNotFound) as refused:
        resolve(name, on_space=False)
    assert str(refused.value) == f"There is no file or folder {name}. Check the path."
    with pytest.raises(Unsupported, match="is a path, and this app is open to others"):
        resolve(name, on_space=False, local_paths=False)


def test_a_folder_without_a_config_is_no_checkpoint(tmp_path):
    with pytest.raises(NotACheckpoint, match=r"holds no config\.json"):
        resolve(str(tmp_path), on_space=False)


def test_a_file_of_another_kind_is_no_checkpoint(tmp_path):
    path = tmp_path / "weights.bin"
    path.touch()
    with pytest.raises(NotACheckpoint, match="not a GGUF file"):
        resolve(str(path), on_space=False)


@pytest.mark.parametrize("name", ["r1-distil-qwen-1.5b", "library/deepseek-r1-distil-qwen:1.5b"])
def test_a_typing_error_offers_the_nearest_names(name: str):
    with pytest.raises(ModelNotFound, match=r"Nearest names: r1-distill-qwen-1\.5b"):
        resolve(name, on_space=False)


@pytest.mark.parametrize(
    ("name", "location", "revision", "title"),
    [
        ("r1-distill-qwen-7b@v1", "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "v1", "DeepSeek R1 Distill Qwen 7B @ v1"),
        ("someone/some-model@abc123", "someone/some-model", "abc123", "someone/some-model@abc123"),
        ("someone/some-model@", "someone/some-model", "", "someone/some-model"),
    ],
)
def test_a_revision_may_follow_a_repository(name, location, revision, title):
    source = resolve(name, on_space=False)
    assert (source.kind, source.location, source.revision, source.name) == ("hub", location, revision, title)
