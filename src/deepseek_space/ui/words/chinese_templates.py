"""Chinese for what is said of files of strangers: chat templates, tokenizers. Data only; see ``chinese_below.py``."""

CHINESE_TEMPLATES: dict[str, str] = {
    "The model's chat template refuses this conversation ({error}). Start a new chat, or leave out the system "
    "prompt.": ("模型的对话模板不接受这段对话（{error}）。请开始新对话，或去掉系统提示词。"),
    "The model's chat template did not come to an end within {limit} seconds and the memory there is, and was stopped. "
    "Load another model.": "模型的对话模板在 {limit} 秒和可用内存之内没有结束，已被终止。请加载其他模型。",
    "The model's chat template breaks down on this conversation ({kind}). Start a new chat, leave out the system "
    "prompt, or load another model.": (
        "模型的对话模板处理这段对话时出错（{kind}）。请开始新对话、去掉系统提示词，或加载其他模型。"
    ),
    "The model's chat template leaves out what is asked, so the model would answer something else. Load another "
    "model.": "模型的对话模板漏掉了所提的问题，模型会答非所问。请加载其他模型。",
    "The model's tokenizer gives up on this text: its pattern takes too long for a part of it. Leave out what repeats "
    "itself, or load another model.": (
        "模型的分词器放弃了这段文字：其中一部分让它的匹配规则耗时过长。请去掉重复的内容，或加载其他模型。"
    ),
    "The model brings {count} chat templates and names none of them as the default; {name} is used.": (
        "模型附有 {count} 个对话模板，但没有指明默认的那个；这里使用 {name}。"
    ),
}
