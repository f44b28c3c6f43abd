"""A configuration is what its publisher meant; every refusal names the folder."""

import json

import pytest
from transformers import Qwen3Config

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.files.model_config import read_config

ROPE = {"rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0, "original_max_position_embeddings": 32768}


def write(folder, **changes) -> None:
    Qwen3Config(rope_parameters=ROPE).save_pretrained(folder)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_yarn_of_the_qwen3_distill_is_what_its_publisher_meant(tmp_path):
    write(tmp_path, rope_parameters=ROPE | {"attn_factor": 0.8782488562869419})
    assert read_config(tmp_path).rope_parameters["attention_factor"] == pytest.approx(1.0)


def test_yarn_is_left_alone_where_no_factor_is_published(tmp_path):
    write(tmp_path)
    assert read_config(tmp_path).rope_parameters.get("attention_factor") is None


def test_a_folder_that_is_none_or_holds_no_configuration_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(NotACheckpoint, match=str(folder)):
            read_config(folder)


def test_an_unknown_architecture_is_named(tmp_path):
    write(tmp_path, model_type="deepseek_v99")
    with pytest.raises(Unsupported, match="deepseek_v99"):
        read_config(tmp_path)


def test_an_unreadable_configuration_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises((NotACheckpoint, Unsupported), match=str(tmp_path)):
        read_config(tmp_path)


def test_the_folders_own_python_is_not_run(tmp_path):
    (tmp_path / "own.py").write_text("raise SystemExit('run')")
    write(tmp_path, model_type="own", auto_map={"AutoConfig": "own.Own"})
    with pytest.raises((NotACheckpoint, Unsupported)):
        read_config(tmp_path)
