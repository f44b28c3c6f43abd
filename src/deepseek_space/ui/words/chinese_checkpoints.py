"""Chinese for what is told of a model's files: what they are, what they lack, what is wrong with them. Data only.

A sentence that holds values is a template here, as in ``chinese_below.py``.
"""

CHINESE_CHECKPOINTS: dict[str, str] = {
    "The LoRA adapter beside the weights of {name} is not used.": "{name} 的权重旁边有一个 LoRA 适配器，它不会被使用。",
    "{folder} holds a LoRA adapter{base}, a difference to a model's weights and no model.": (
        "{folder} 中是一个 LoRA 适配器{base}，它只是对模型权重的改动，本身不是模型。"
    ),
    "Merge the two (peft's merge_and_unload, then save_pretrained) and give the folder of the result.": (
        "请先合并两者（peft 的 merge_and_unload，再 save_pretrained），然后给出结果所在的文件夹。"
    ),
    "{name} is already quantised by {method}, as its tensor {tensor} shows; take the original and choose a "
    "--precision.": "{name} 已由 {method} 量化（见张量 {tensor}）；请用原始模型，并选择 --precision。",
    "{name} is already quantised by {method}, as the file {file} shows; take the original and choose a --precision.": (
        "{name} 已由 {method} 量化（见文件 {file}）；请用原始模型，并选择 --precision。"
    ),
    "{name} is already quantised by {method}; take the original and choose a --precision.": (
        "{name} 已由 {method} 量化；请用原始模型，并选择 --precision。"
    ),
    "{name} holds no {tensor}: {missing} of the {needed} tensors that the model needs are missing.": (
        "{name} 缺少 {tensor}：模型需要 {needed} 个张量，其中缺 {missing} 个。"
    ),
    "Fetch it again, with the config.json that belongs to it.": "请重新下载，并使用与之配套的 config.json。",
    "{name} stores {tensor} as {stored}, but its config needs {needed}; the two do not belong together.": (
        "{name} 中 {tensor} 的形状是 {stored}，而配置需要 {needed}；两者不配套。"
    ),
    "Fetch both again.": "请重新下载两者。",
    "{tensor} holds values that are no finite numbers (NaN or infinity), so the model cannot answer.": (
        "{tensor} 中有非有限数值（NaN 或无穷），模型无法作答。"
    ),
    "Take another copy of the checkpoint.": "请换一份模型文件。",
    "{file} is a git-lfs pointer: the file itself was never fetched.": "{file} 是 git-lfs 指针，文件本身还没有下载。",
    "Run 'git lfs pull' in its folder, or fetch the file from its page.": (
        "请在其文件夹中运行 'git lfs pull'，或从页面下载该文件。"
    ),
    "{file} is a web page that was saved under that name; fetch the file itself, perhaps after logging in.": (
        "{file} 其实是以该名称保存的网页；请下载文件本身，可能需要先登录。"
    ),
    "{folder} holds no tokenizer; fetch tokenizer.json and tokenizer_config.json into it, from the same repository as "
    "the weights.": "{folder} 中没有分词器；请从权重所在的仓库下载 tokenizer.json 和 tokenizer_config.json。",
    "The tokenizer in {folder} has a token {token} of number {number}, but the model knows {rows} tokens only; the two "
    "do not belong together.": (
        "{folder} 中的分词器有编号 {number} 的词元 {token}，而模型只有 {rows} 个词元；两者不配套。"
    ),
    "Fetch the tokenizer's files again.": "请重新下载分词器的文件。",
    "{folder} lacks {missing} of {count} weight files, {first} first; fetch what is missing.": (
        "{folder} 缺少 {count} 个权重文件中的 {missing} 个，首先是 {first}；请下载缺少的文件。"
    ),
    "{path} {said}; these are known here: {rules}.": "{path} {said}；这里支持：{rules}。",
    "Take a newer file or the original checkpoint.": "请用较新的文件或原始模型。",
    "{path} says {key} = {value}, which is not known here and may change what the model answers.": (
        "{path} 写明 {key} = {value}，这里不支持，它可能改变模型的回答。"
    ),
    "Take the original checkpoint.": "请用原始模型。",
    "config.json says {key} = {value}; it must be {wanted}.": "config.json 写明 {key} = {value}；它必须是 {wanted}。",
    "The file is damaged or not a model's: fetch it again.": "该文件已损坏或不属于模型：请重新下载。",
}
