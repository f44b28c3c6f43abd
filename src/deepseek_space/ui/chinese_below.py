"""Chinese for sentences that come from below the page: errors, notes on models, stages of loading. Data only.

A sentence that holds values is a template here; what stands around its values makes it known again.
"""

CHINESE_BELOW: dict[str, str] = {
    # what is going on
    "Starting": "正在启动",
    "Starting torch": "正在启动 torch",
    "Loading {name}": "正在加载 {name}",
    "Fetching {name}": "正在下载 {name}",
    "Checking {name}": "正在校验 {name}",
    "Asking the Hub for {repo_id}": "正在向 Hub 查询 {repo_id}",
    "Converting the starter model, once": "正在转换入门模型（仅此一次）",
    "Fetching the starter model": "正在下载入门模型",
    "Checking the starter model": "正在校验入门模型",
    "Waiting for the last answers of {name}": "正在等待 {name} 完成最后的回答",
    "Waiting for another process that fetches {what}": "正在等待另一个进程下载 {what}",
    "Reading the script": "正在读取脚本",
    # which model answers, and what fits
    "Scripted replies, no model: for trying out the page.": "按脚本回复，没有模型：用来试用本页。",
    "Not a DeepSeek model: a very small stand-in by Hugging Face (Apache-2.0) that lets this page work at once and "
    "knows far less than one. Choose a DeepSeek model under Models.": (
        "这不是 DeepSeek 模型：它是 Hugging Face 的一个很小的替身（Apache-2.0），让本页立即可用，但懂得少得多。"
        "请在“模型”中选择一个 DeepSeek 模型。"
    ),
    "Answers at once and anywhere; knows far less than a DeepSeek model, and is none.": (
        "随处可用，立即回答；但不是 DeepSeek 模型，懂得少得多。"
    ),
    "{name} is not in the DeepSeek catalogue; it runs with its own chat template and settings.": (
        "{name} 不在 DeepSeek 目录中；它使用自带的对话模板和设置。"
    ),
    "Takes {need} of {have} free on {device}.": "需要 {need}，{device} 空闲 {have}。",
    "{size} would lie in RAM and be sent to {device} for every token: slow.": (
        "有 {size} 要放在内存里，每个词元都要传到 {device}：较慢。"
    ),
    "{size} would be read from disk for every token: very slow.": "有 {size} 要为每个词元从硬盘读取：非常慢。",
    "Meant for a cluster with vLLM or SGLang.": "适合用 vLLM 或 SGLang 的集群运行。",
    "{reason} Choose a distill or a smaller model here.": "{reason}在这里请选择蒸馏模型或更小的模型。",
    "Starter": "入门模型",
    "R1 distilled": "R1 蒸馏",
    # what models are good for
    "The smallest that reasons; MATH-500 83.9.": "最小的推理模型；MATH-500 83.9。",
    "Mathematics and logic; AIME 2024 55.5, MATH-500 92.8.": "数学与逻辑；AIME 2024 55.5，MATH-500 92.8。",
    "Reasoning for one large GPU; AIME 2024 69.7.": "适合单张大显存 GPU 的推理；AIME 2024 69.7。",
    "The strongest distilled Qwen; AIME 2024 72.6, GPQA 62.1.": "最强的 Qwen 蒸馏模型；AIME 2024 72.6，GPQA 62.1。",
    "Reasoning on Llama; AIME 2024 50.4, LiveCodeBench 39.6.": (
        "基于 Llama 的推理；AIME 2024 50.4，LiveCodeBench 39.6。"
    ),
    "The largest distill; GPQA 65.2, LiveCodeBench 57.5.": "最大的蒸馏模型；GPQA 65.2，LiveCodeBench 57.5。",
    "The strongest reasoner of its size; AIME 2024 86.0.": "同规模中推理最强；AIME 2024 86.0。",
    "General text in English and Chinese, from 2T training tokens.": "中英文通用文本，训练量 2 万亿词元。",
    "General chat in English and Chinese.": "中英文通用对话。",
    "The largest dense model of the family.": "本系列最大的稠密模型。",
    "General chat; HumanEval 73.8, GSM8K 84.1.": "通用对话；HumanEval 73.8，GSM8K 84.1。",
    "The first mixture of experts of the family.": "本系列第一个混合专家模型。",
    "General chat with 2.8B active parameters.": "通用对话，激活参数 28 亿。",
    "Mathematics in English and Chinese; GSM8K 64.2.": "中英文数学；GSM8K 64.2。",
    "Worked solutions step by step; GSM8K 82.9.": "逐步给出解答；GSM8K 82.9。",
    "The strongest 7B of the Math line; GSM8K 88.2, MATH 51.7.": "Math 系列最强的 7B；GSM8K 88.2，MATH 51.7。",
    "The smallest coder; completes and fills in code.": "最小的代码模型；续写与填补代码。",
    "The smallest coder that follows instructions; HumanEval 65.2.": "最小的、能听从指令的代码模型；HumanEval 65.2。",
    "One key-value head: the smallest cache of the Coder line.": "只有一个键值头：Coder 系列中缓存最小。",
    "Completes and fills in code.": "续写与填补代码。",
    "Writes and explains code; HumanEval 78.6.": "编写并讲解代码；HumanEval 78.6。",
    "The strongest of the first Coder line; HumanEval 79.3.": "第一代 Coder 中最强；HumanEval 79.3。",
    "Code and plain language; continues DeepSeek LLM 7B.": "代码与自然语言；由 DeepSeek LLM 7B 继续训练。",
    "Code with better general knowledge than the first Coder line.": "写代码，通识优于第一代 Coder。",
    "2.4B active parameters and a small latent cache.": "激活参数 24 亿，潜在缓存很小。",
    "Quick general chat for its size: 2.4B active parameters.": "同规模中较快的通用对话：激活参数 24 亿。",
    "236B parameters, 21B of them active.": "2360 亿参数，其中激活 210 亿。",
    "General chat; HumanEval 81.1, GSM8K 92.2.": "通用对话；HumanEval 81.1，GSM8K 92.2。",
    "V2 Chat improved; HumanEval 84.8, MATH 71.0.": "改进的 V2 Chat；HumanEval 84.8，MATH 71.0。",
    "Chat and code in one model; HumanEval 89.": "对话与代码合一；HumanEval 89。",
    "The last revision of V2.5.": "V2.5 的最后一版。",
    "Completes and fills in code; HumanEval-FIM 86.4.": "续写与填补代码；HumanEval-FIM 86.4。",
    "Code and mathematics with 2.4B active parameters; HumanEval 81.1.": "代码与数学，激活参数 24 亿；HumanEval 81.1。",
    "Completes code in 338 languages.": "续写 338 种语言的代码。",
    "Code and mathematics; HumanEval 90.2, MATH 75.7.": "代码与数学；HumanEval 90.2，MATH 75.7。",
    "Coder V2 improved, with fill-in-the-middle.": "改进的 Coder V2，支持填补中间。",
    "General chat and code; MMLU 88.5, MATH-500 90.2.": "通用对话与代码；MMLU 88.5，MATH-500 90.2。",
    "V3 improved in reasoning and code; AIME 2024 59.4.": "V3 的改进版，推理与代码更强；AIME 2024 59.4。",
    "Thinks or answers at once, as asked; AIME 2024 93.1 when thinking.": (
        "可按需思考或直接回答；思考时 AIME 2024 93.1。"
    ),
    "The last revision of V3.1; AIME 2025 88.4.": "V3.1 的最后一版；AIME 2025 88.4。",
    "V3.1 Terminus with sparse attention for long contexts; AIME 2025 89.3.": (
        "V3.1 Terminus 加稀疏注意力，适合长上下文；AIME 2025 89.3。"
    ),
    "Sparse attention for long contexts; thinks or answers at once.": "稀疏注意力，适合长上下文；可思考或直接回答。",
    "The variant of V3.2 for hard reasoning.": "V3.2 中用于困难推理的变体。",
    "Reasoning learnt by reinforcement alone, without supervised fine-tuning; AIME 2024 71.0.": (
        "仅靠强化学习获得推理，没有监督微调；AIME 2024 71.0。"
    ),
    "Mathematics, code and logic by long reasoning; AIME 2024 79.8.": "以长推理解决数学、代码与逻辑；AIME 2024 79.8。",
    "R1 improved, takes a system prompt; AIME 2024 91.4.": "改进的 R1，接受系统提示词；AIME 2024 91.4。",
    "A million tokens of context; MMLU 88.7.": "百万词元上下文；MMLU 88.7。",
    "13B active parameters; GPQA 88.1, LiveCodeBench 91.6.": "激活参数 130 亿；GPQA 88.1，LiveCodeBench 91.6。",
    "A later revision of V4 Flash.": "V4 Flash 的后续版本。",
    "V4 Flash with a draft module for speculative decoding.": "V4 Flash，带推测解码的草稿模块。",
    "The largest of the family; MMLU 90.1.": "本系列最大；MMLU 90.1。",
    "The strongest of the family; GPQA 90.1, LiveCodeBench 93.5.": "本系列最强；GPQA 90.1，LiveCodeBench 93.5。",
    "V4 Pro with a draft module for speculative decoding.": "V4 Pro，带推测解码的草稿模块。",
    # what to mind with a model
    "Greedy decoding makes it repeat itself: keep the temperature from 0.5 to 0.7.": (
        "贪心解码会使它不断重复：请把温度保持在 0.5 到 0.7。"
    ),
    "Give no system prompt; put instructions into the message.": "不要用系统提示词，请把指令写进消息里。",
    "It thinks for thousands of tokens: a short reply limit ends inside the thoughts.": (
        "它会思考数千个词元：回复上限太短会在思考中截断。"
    ),
    "Qwen3's own chat template and /no_think do not apply.": "Qwen3 自己的对话模板和 /no_think 不适用。",
    "A base model: it continues text and does not chat.": "基础模型：它续写文本，不能对话。",
    "Not trained with a system prompt; put instructions into the message.": (
        "训练时没有系统提示词，请把指令写进消息里。"
    ),
    "The context is 4,096 tokens, the reply included.": "上下文为 4,096 个词元，包括回复。",
    "The default system text makes it refuse what is not about programming.": (
        "默认的系统文本会使它拒绝与编程无关的问题。"
    ),
    "Fill-in-the-middle was not part of the instruction tuning; use the base model for it.": (
        "指令微调不含填补中间；要填补请用基础模型。"
    ),
    "Ask it to reason step by step and to put the final answer within \\boxed{}.": (
        "请要求它逐步推理，并把最终答案写在 \\boxed{} 中。"
    ),
    "Not trained to fill in the middle.": "没有为填补中间训练过。",
    "A space after 'Assistant:' in the prompt causes Chinese replies and repetition.": (
        "提示中“Assistant:”之后若有空格，会导致中文回复和重复。"
    ),
    "689 GB as published: it needs several nodes or a server with eight large GPUs.": (
        "发布时为 689 GB：需要多台机器，或带八张大显存 GPU 的服务器。"
    ),
    "Tool calls are for the mode without thinking.": "工具调用只用于不思考的模式。",
    "Ships no chat template; this app brings the format.": "未附对话模板，由本应用提供格式。",
    "A research checkpoint that repeats itself and mixes languages; not for chat.": (
        "研究用的检查点，会重复并混用语言，不适合对话。"
    ),
    "Examples in the prompt make it worse; describe the task instead.": "提示中举例会使它变差，请直接描述任务。",
    "Too large for one ordinary machine: run it on a server with several GPUs.": (
        "对普通机器来说太大：请在有多张 GPU 的服务器上运行。"
    ),
    # errors that anybody may meet
    "Something went wrong inside the app; its log says what. Try again.": "应用内部出错，详情见其日志。请重试。",
    "The message is empty. Write something and send it again.": "消息是空的，请写些内容再发送。",
    "The task is empty. Describe what the code should do and send it again.": "任务是空的，请描述代码要做什么再发送。",
    "There is nothing to continue yet. Write a beginning and try again.": "还没有可以续写的内容，请先写个开头。",
    "This conversation is {prompt} tokens long, {over} more than the model can take in and still answer "
    "(context: {context}). Shorten the message or start a new chat.": (
        "这段对话长 {prompt} 个词元，比模型能读入并作答的多 {over} 个（上下文：{context}）。请缩短消息，或开始新对话。"
    ),
    "{name} is {length} characters long; the most that can be sent is {limit}. Shorten it.": (
        "{name}长 {length} 个字符，最多可发送 {limit} 个。请缩短。"
    ),
    "The message": "消息",
    "The system prompt": "系统提示词",
    "The task": "任务",
    "The conversation": "对话",
    "{count} requests are waiting already. Try again in a moment.": "已有 {count} 个请求在等待，请稍后再试。",
    "No model is loaded. Choose one under Models.": "没有加载模型，请在“模型”中选择一个。",
    "The model is being changed. Send the message again.": "正在更换模型，请重新发送消息。",
    "The model is being changed or the app is shutting down. Send the message again.": (
        "正在更换模型或关闭应用，请重新发送消息。"
    ),
    "The answer was cut off: the model was changed or the app shut down.": "回答被中断：模型已更换，或应用已关闭。",
    "The answer broke off without a reason. Send the message again.": "回答无故中断，请重新发送消息。",
    "The app is shutting down; reload the page in a moment.": "应用正在关闭，请稍后重新载入本页。",
    "The app is shutting down.": "应用正在关闭。",
    "The device ran out of memory for this conversation. Shorten it or choose a smaller one.": (
        "设备内存不足以继续这段对话，请缩短它，或选择较小的模型。"
    ),
    "The model computed NaN or infinity. Try another precision.": "模型算出了 NaN 或无穷大，请换一种精度。",
    "The operator has pinned the model of this app; it cannot be changed here.": "运营者固定了本应用的模型，不能更换。",
    "{name} is being loaded already. Wait for it, or cancel it first.": "{name} 正在加载，请等待，或先取消。",
    "There is no model called {name}. {rest}": "没有名为 {name} 的模型。{rest}",
    "{name} does not fit here. {reason} Nearest that fits: {other}.": (
        "{name} 在这里放不下。{reason} 放得下的最接近的是 {other}。"
    ),
    "Loading {name} was stopped.": "已停止加载 {name}。",
    "Memory ran out while {name} was loaded; choose a smaller model or precision.": (
        "加载 {name} 时内存不足，请选择更小的模型或精度。"
    ),
    "{name} is empty.": "{name} 是空的。",
    "{name} cannot be read: it is damaged, or not what its name says.": "{name} 无法读取：已损坏，或与其名称不符。",
    "{name} needs a password. Save it without one, then attach it.": "{name} 需要密码，请去掉密码保存后再添加。",
    "{name} has no text, only pictures or nothing.": "{name} 没有文字，只有图片或空白。",
}
