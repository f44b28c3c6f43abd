"""Chinese for what is told of models: what they are good for, what to mind, how they fit. Data only.

A sentence that holds values is a template here, as in ``chinese_below.py``.
"""

CHINESE_MODELS: dict[str, str] = {
    # which model answers, and what fits
    "Scripted replies, no model: for trying out the page.": "按脚本回复，没有模型：用来试用本页。",
    "Not a DeepSeek model: a very small stand-in by Hugging Face (Apache-2.0) that lets this page work at once, "
    "knows far less than one, and little but English. Choose a DeepSeek model under Models.": (
        "这不是 DeepSeek 模型，而是 Hugging Face 的一个很小的替代模型（Apache-2.0），让本页立即可用，"
        "但能力弱得多，而且几乎只懂英文。请在“模型”中选择 DeepSeek 模型。"
    ),
    "Answers at once and anywhere; knows far less than a DeepSeek model, and is none.": (
        "随处可用、立即回答；但不是 DeepSeek 模型，能力弱得多。"
    ),
    "{name} is not in the DeepSeek catalogue; it runs with its own chat template and settings.": (
        "{name} 不在 DeepSeek 目录中；它使用自带的对话模板和设置。"
    ),
    "Takes {need} of the {have} that a model can have ({memory}).": "需要 {need}，模型可用 {have}（{memory}）。",
    "{size} would lie in RAM and be sent to {device} for every token: slow.": (
        "有 {size} 要放在内存里，每个词元都要传到 {device}：较慢。"
    ),
    "{size} would be read from disk for every token: very slow.": "有 {size} 要为每个词元从硬盘读取：非常慢。",
    "Meant for a cluster with vLLM or SGLang.": "适合用 vLLM 或 SGLang 的集群运行。",
    "Choose a distill or a smaller model here.": "在这里请选择蒸馏模型或更小的模型。",
    "Needs {need}, but a model can have {have} ({memory}).": "需要 {need}，但模型只可用 {have}（{memory}）。",
    "At {precision}: {reason}": "{precision}：{reason}",
    "Nearest that fits: {other}.": "放得下的最接近的是 {other}。",
    "Nothing in the catalogue fits: free some memory.": "目录中没有放得下的模型：请腾出一些内存。",
    "{name} at {precision} does not fit here.": "{name}（{precision}）在这里放不下。",
    "{name} does not fit here.": "{name} 在这里放不下。",
    "{name} does not run here.": "{name} 不能在这里运行。",
    "{name} can read {most} tokens at most, not {asked}.": "{name} 最多能读 {most} 个词元，不能读 {asked} 个。",
    "There is no {device} here; use --device auto.": "这里没有 {device}，请用 --device auto。",
    "Too little disk: fetching it takes {need}, and {have} are free.": "硬盘空间不足：下载需要 {need}，只空闲 {have}。",
    "{precision} cannot be spread over several cards; use bf16, or a card that holds it whole.": (
        "{precision} 不能分到多张显卡上；请用 bf16，或能整个放下它的显卡。"
    ),
    "{precision} cannot be spread over several places; choose bf16, or a single device.": (
        "{precision} 不能分放多处；请选 bf16，或单个设备。"
    ),
    "int8 on a CPU needs AVX2, which this one lacks; use nf4 or bf16.": (
        "CPU 上的 int8 需要 AVX2，而这颗 CPU 没有；请用 nf4 或 bf16。"
    ),
    "int8 needs an x86 CPU and torch's oneDNN, which this machine lacks; choose nf4 or bf16.": (
        "int8 需要 x86 CPU 和 torch 的 oneDNN，而本机没有；请选 nf4 或 bf16。"
    ),
    "{precision} is not available on Apple's GPU; use bf16, or --device cpu.": (
        "Apple GPU 不支持 {precision}；请用 bf16，或 --device cpu。"
    ),
    "{precision} does not run on {device}; choose bf16, or the device cpu.": (
        "{precision} 不能在 {device} 上运行；请选 bf16，或设备 cpu。"
    ),
    "A GGUF is unpacked while it is read and cannot become {precision}; use bf16.": (
        "GGUF 在读取时展开，不能转为 {precision}；请用 bf16。"
    ),
    "V4's compressed attention is not computed here; it needs a server with vLLM or SGLang.": (
        "这里不支持 V4 的压缩注意力，需要运行 vLLM 或 SGLang 的服务器。"
    ),
    "V3.2's sparse attention is not computed here; it needs a server with vLLM or SGLang.": (
        "这里不支持 V3.2 的稀疏注意力，需要运行 vLLM 或 SGLang 的服务器。"
    ),
    "Sliding-window attention is not computed here; choose a model with full attention.": (
        "这里不支持滑动窗口注意力，请选择使用完整注意力的模型。"
    ),
    "Needs Python code from its repository, which is never run here; take V2-Lite, its successor.": (
        "需要运行其仓库中的 Python 代码，而本应用从不运行；请用它的后继 V2-Lite。"
    ),
    "{repo_id} is of type {kind} and runs only with Python code from its own repository, which this app never runs.": (
        "{repo_id} 的类型为 {kind}，只能用其仓库中的 Python 代码运行，而本应用从不运行这类代码。"
    ),
    "{repo_id} is of type {kind}, which the installed transformers does not know as a language model.": (
        "{repo_id} 的类型为 {kind}，所装的 transformers 不认识这种语言模型。"
    ),
    "Choose another model.": "请选择其他模型。",
    "Models of type {kind} are not computed here; these are: {kinds}.": "不支持类型为 {kind} 的模型；支持：{kinds}。",
    "Models of type {kind} do not run here; these do: {kinds}.": (
        "类型为 {kind} 的模型不能在这里运行；可以运行：{kinds}。"
    ),
    "Its code in the repository does not import on transformers 5; use a GGUF.": (
        "其仓库中的代码无法在 transformers 5 上导入，请使用 GGUF。"
    ),
    # names and folders
    "There is no model called {name}.": "没有名为 {name} 的模型。",
    "Nearest names: {names}.": "相近的名称：{names}。",
    "Choose one of the list, or write a Hub id such as deepseek-ai/DeepSeek-R1.": (
        "请从列表中选择，或填写 Hub 仓库名，如 deepseek-ai/DeepSeek-R1。"
    ),
    "{name} is no name of a model.": "{name} 不是模型名称。",
    "{name} is no model's address on the Hub; those look like https://huggingface.co/deepseek-ai/DeepSeek-R1.": (
        "{name} 不是 Hub 上模型的网址；模型的网址形如 https://huggingface.co/deepseek-ai/DeepSeek-R1。"
    ),
    "There is no file or folder {name}. Check the path.": "没有文件或文件夹 {name}，请检查路径。",
    "{name} is a path, and this app is open to others, so it loads only names of the list and Hub ids, such as "
    "deepseek-ai/DeepSeek-R1. The operator can load files with --model.": (
        "{name} 是路径；本应用对他人开放，只加载列表中的名称和 Hub 仓库名，如 deepseek-ai/DeepSeek-R1。"
        "运营者可以用 --model 加载文件。"
    ),
    "{path} is not a GGUF file. Give a checkpoint folder or a file that ends in .gguf.": (
        "{path} 不是 GGUF 文件。请指定检查点文件夹，或以 .gguf 结尾的文件。"
    ),
    "{path} holds no config.json, so it is no checkpoint. Give the folder that has config.json and *.safetensors, or a "
    "GGUF file.": (
        "{path} 中没有 config.json，不是检查点。请指定含有 config.json 和 *.safetensors 的文件夹，或 GGUF 文件。"
    ),
    "{repo_id} has no config.json, so it is no checkpoint.": "{repo_id} 没有 config.json，不是检查点。",
    "{repo_id} holds no weights this app can read (model*.safetensors or pytorch_model*.bin).": (
        "{repo_id} 没有本应用能读取的权重（model*.safetensors 或 pytorch_model*.bin）。"
    ),
    "{repo_id} holds GGUF files only. Download one yourself and start with --model FILE.gguf, or choose the repository "
    "of the original checkpoint.": (
        "{repo_id} 只有 GGUF 文件。请自行下载一个并以 --model FILE.gguf 启动，或选择原始检查点的仓库。"
    ),
    # the script's own shelf
    "Takes {need} GB of 23.1 GB free, as scripted.": "需要 {need} GB，空闲 23.1 GB（按脚本）。",
    "Needs 550.9 GB, but 23.1 GB are free, as scripted.": "需要 550.9 GB，但只空闲 23.1 GB（按脚本）。",
    "Takes 26.4 GB: 23.1 GB on the device, the rest beside it, as scripted.": (
        "需要 26.4 GB：设备上 23.1 GB，其余放在外面（按脚本）。"
    ),
    "Shows how a reasoner is listed.": "展示推理模型的样子。",
    "Shows a longer download.": "展示较长的下载。",
    "Shows offloading.": "展示部分放到设备之外。",
    "Shows a coder.": "展示代码模型。",
    "Shows one more coder.": "再展示一个代码模型。",
    "Shows what cannot chat.": "展示不能对话的模型。",
    "Shows a specialist.": "展示专用模型。",
    "Shows what does not fit.": "展示放不下的模型。",
    "Choose one of the list.": "请从列表中选择。",
    "It says what the script says, whatever its name.": "无论叫什么名字，它都只说脚本里的话。",
    "Its figures are the script's, not a model's.": "它的数据来自脚本，不是模型的。",
    "Starter": "入门模型",
    "R1 distilled": "R1 蒸馏",
    # what models are good for
    "The smallest that reasons; MATH-500 83.9.": "最小的推理模型；MATH-500 83.9。",
    "Mathematics and logic; AIME 2024 55.5, MATH-500 92.8.": "数学与逻辑；AIME 2024 55.5，MATH-500 92.8。",
    "Reasons better than the 7B, in half the memory of the 32B; AIME 2024 69.7.": (
        "推理强于 7B，内存只需 32B 的一半；AIME 2024 69.7。"
    ),
    "The strongest distilled Qwen; AIME 2024 72.6, GPQA 62.1.": "最强的 Qwen 蒸馏模型；AIME 2024 72.6，GPQA 62.1。",
    "Reasoning on Llama; AIME 2024 50.4, LiveCodeBench 39.6.": (
        "基于 Llama 的推理；AIME 2024 50.4，LiveCodeBench 39.6。"
    ),
    "The largest distill; GPQA 65.2, LiveCodeBench 57.5.": "最大的蒸馏模型；GPQA 65.2，LiveCodeBench 57.5。",
    "The strongest reasoner of its size; AIME 2024 86.0.": "同规模中推理最强；AIME 2024 86.0。",
    "General text in English and Chinese, from 2T training tokens.": "中英文通用文本，训练量 2 万亿词元。",
    "General chat in English and Chinese.": "中英文通用对话。",
    "The larger of the first DeepSeek LLM.": "第一代 DeepSeek LLM 中较大的。",
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
    "2.4B active parameters and a small latent cache.": "激活参数 24 亿，KV 缓存（MLA）很小。",
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
    "The variant of V3.2 for hard reasoning; always thinks.": "V3.2 中用于困难推理的变体，总会思考。",
    "Tool calls are not supported.": "不支持工具调用。",
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
    "The largest of V4; GPQA 90.1, LiveCodeBench 93.5.": "V4 中最大的；GPQA 90.1，LiveCodeBench 93.5。",
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
    "The family was trained in bf16, which reaches further: fp16 may overflow into nonsense.": (
        "本系列以 bf16 训练，其数值范围更大：用 fp16 可能溢出而输出乱码。"
    ),
    "Few CPUs compute in fp16; bf16 is the same size and faster.": "很少有 CPU 能以 fp16 计算；bf16 大小相同且更快。",
    "{name} is published in FP8, which {kept} as it is read.": "{name} 以 FP8 发布，读取时会{kept}。",
    "is unpacked": "展开",
    "is rounded again, to {precision},": "再次量化为 {precision}",
}
