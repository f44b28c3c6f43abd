"""The app's sentences in Chinese, under the English ones that stand in the code. Data only."""

from deepseek_space.ui.words.chinese_chat import CHINESE_CHAT
from deepseek_space.ui.words.chinese_gate import CHINESE_GATE
from deepseek_space.ui.words.chinese_serving import CHINESE_SERVING
from deepseek_space.ui.words.chinese_zero_gpu import CHINESE_ON_THE_PAGE

CHINESE: dict[str, str] = {
    **CHINESE_CHAT,
    **CHINESE_GATE,
    **CHINESE_ON_THE_PAGE,
    **CHINESE_SERVING,
    "Chat and write code with the DeepSeek models": "与 DeepSeek 模型对话、写代码",
    # keys, skip link, news for readers of the screen
    "Go to the message field": "转到消息输入框",
    "Keys": "快捷键",
    "Send the message": "发送消息",
    "Break the line": "换行",
    "Stop the answer; close a panel": "停止回答；关闭面板",
    "Edit the last message, in an empty message field": "输入框为空时，编辑上一条消息",
    "New chat": "新对话",
    "Previous chat": "上一个对话",
    "Next chat": "下一个对话",
    "Copy the last answer": "复制最后一条回答",
    "This sheet, outside of text fields": "打开本表（不在输入框中时）",
    "Open this sheet with ?": "按 ? 打开本表",
    "Close": "关闭",
    "The answer is being written.": "正在生成回答。",
    "The answer has ended.": "回答已结束。",
    "Copied.": "已复制。",
    # what Gradio's front end says
    "An error occurred": "出错了",
    "Code input container": "代码编辑器",
    "Connection errored out.": "连接出错，请重试。",
    "Connection Lost": "连接已断开",
    "Connection to the server was lost. Attempting reconnection...": "与服务器的连接已断开，正在重新连接……",
    "Copied": "已复制",
    "Copy": "复制",
    "Copy message": "复制消息",
    "Download": "下载",
    "Fold line": "折叠",
    "Gradio footer navigation": "页脚",
    "More tabs": "更多页",
    "Reset to default value": "恢复默认值",
    "Scroll down": "向下滚动",
    "Unfold line": "展开",
    "This application is currently busy. Please try again.": "应用正忙，请重试。",
    "chatbot conversation": "对话",
    "copy": "复制",
    "bot's message:": "助手：",
    "number input for": "数值：",
    "range slider for": "滑块：",
    "user's message:": "你：",
    # header
    "Models": "模型",
    "Parameters": "参数",
    "Precision": "精度",
    "Device": "设备",
    "Memory in use": "占用内存",
    "Context": "上下文",
    # models
    "Memory is for a full context. 1 GB is 1,000,000,000 bytes.": "内存按上下文用满计；1 GB 为 1,000,000,000 字节。",
    "Unload": "卸载",
    "Find a model": "查找模型",
    "Find: name, task or licence": "查找：名称、用途或许可证",
    "Show": "显示",
    "Cancel": "取消",
    "Model to load": "要加载的模型",
    "From the list, or any Hub id, folder or GGUF file": "列表中的名称、Hub 仓库、文件夹或 GGUF",
    "Automatic": "自动",
    "fp32: exact, twice bf16": "fp32：精确，大小是 bf16 的两倍",
    "bf16: as most are published": "bf16：多数模型发布时的精度",
    "fp16: for older GPUs": "fp16：适合较旧的 GPU",
    "int8: half of bf16": "int8：大小是 bf16 的一半",
    "nf4: a quarter of bf16": "nf4：大小是 bf16 的四分之一",
    "fp4: a quarter, coarser": "fp4：四分之一，更粗略",
    "Load": "加载",
    # parameters
    "They take effect at the next message.": "从下一条消息起生效。",
    "System prompt": "系统提示词",
    "Instructions that come before the conversation. For the Chat tab.": "放在对话之前的指令，用于“对话”页。",
    "Temperature": "温度",
    "Higher is more varied. 0 always takes the likeliest.": "越高越多样；0 表示总取最可能的词元。",
    "Top-p": "Top-p",
    "Choose among the likeliest tokens that make up this share. 1: all.": (
        "只从累计概率达到此值的最可能词元中选取。1：全部。"
    ),
    "Top-k": "Top-k",
    "Choose among this many of the likeliest tokens. 0: all.": "只从这么多个最可能的词元中选取。0：全部。",
    "Min-p": "Min-p",
    "Drop tokens less likely than this share of the likeliest. 0: none.": (
        "舍去概率低于最可能词元这一比例的词元。0：不舍去。"
    ),
    "Repetition penalty": "重复惩罚",
    "Above 1, words already used become less likely. 1: off.": "大于 1 时，已出现的词更不容易再出现。1：关闭。",
    "Maximum new tokens": "最多生成词元数",
    "The answer ends here at the latest, thoughts included.": "回答最长到此为止，思考过程也计算在内。",
    "Seed": "随机种子",
    "The same seed gives the same text. Empty: a new one each time.": "相同的种子得到相同的文字。留空：每次随机。",
    "random": "随机",
    "Stop strings": "停止字符串",
    "The answer ends before any of these, one on each line; \\n stands for a line break.": (
        "回答在遇到其中任一字符串之前结束；每行一个，\\n 表示换行。"
    ),
    "Reset to the model's own": "恢复模型推荐值",
    # chat
    "Chat": "对话",
    "What shall we work on?": "今天想做些什么？",
    "answers here.": "负责回答。",
    "answers, with thinking or without.": "可以先思考再回答，也可以直接回答。",
    "thinks, then answers.": "会先思考，再回答。",
    "is on its way. A message sent now waits for it.": "正在加载，现在发送的消息会等它就绪。",
    "continues texts and does not chat.": "用来续写文本，不能对话。",
    "answers at the moment.": "可以回答。",
    "does not answer now.": "目前无法回答。",
    "Choose a DeepSeek model": "选择 DeepSeek 模型",
    "Go to the Code tab": "转到“代码”页",
    "A short proof": "简短证明",
    "Prove that there are infinitely many prime numbers.": "证明素数有无穷多个。",
    "A small riddle": "小谜题",
    "A bat and a ball cost 1.10, the bat 1.00 more than the ball. How much is the ball?": (
        "球拍和球一共 1.10 元，球拍比球贵 1.00 元。球多少钱？"
    ),
    "Write the tests": "编写测试",
    "Write pytest tests for a function slugify(title) that makes the end of a web address of a title.": (
        "为函数 slugify(title) 编写 pytest 测试，它把标题变成网址的末段。"
    ),
    "Explain a pattern": "解释正则表达式",
    r"Explain this regular expression part by part: `^[\w.]+@[\w.]+\.\w+$`": (
        r"逐段解释这个正则表达式：`^[\w.]+@[\w.]+\.\w+$`"
    ),
    "A term in plain words": "解释一个术语",
    "Explain in three sentences what a mixture-of-experts model is.": "用三句话解释什么是混合专家模型。",
    "A short explanation": "简短说明",
    "Explain in three sentences why the sky is blue.": "用三句话解释天空为什么是蓝色的。",
    "A short letter": "一封短信",
    "Write a short letter that thanks a neighbour for watering the plants.": "写一封短信，感谢邻居帮忙浇花。",
    "A few ideas": "几个点子",
    "Give five ideas for a rainy Sunday.": "给出五个适合下雨的星期天的点子。",
    "A first program": "第一个程序",
    "Write a Python function that adds two numbers.": "写一个把两个数相加的 Python 函数。",
    "Fibonacci with memoization": "记忆化的斐波那契",
    "Write a Python function to find the nth Fibonacci number using memoization.": (
        "用 Python 写一个函数，用记忆化方法求第 n 个斐波那契数。"
    ),
    "A table and a formula": "表格与公式",
    "Explain the sum of the first n numbers with a table, a formula and code.": (
        "用表格、公式和代码说明前 n 个自然数之和。"
    ),
    "Find the mistake": "找出错误",
    "Why does `0.1 + 0.2 == 0.3` give False, and how should floats be compared?": (
        "为什么 `0.1 + 0.2 == 0.3` 的结果是 False？浮点数应该怎样比较？"
    ),
    "Message": "消息",
    "Write a message": "输入消息",
    "Enter sends · Shift + Enter breaks the line": "Enter 发送 · Shift + Enter 换行",
    "Send": "发送",
    "Stop": "停止",
    "Retry": "重试",
    # code
    "Code": "代码",
    "Task": "任务",
    "What should the code do?": "这段代码要做什么？",
    "Language": "语言",
    "Write code": "写代码",
    "Examples": "示例",
    "Fibonacci, memoized": "记忆化斐波那契",
    "Debounce": "防抖函数",
    "Best customers": "最佳客户",
    "Describe the task first.": "请先描述任务。",
    "Write some code first.": "请先写一些代码。",
    "Write what comes after the gap too, or choose Complete.": "请把空缺之后的代码也写上，或者选择“续写”。",
    "Write": "编写",
    "Complete": "续写",
    "Fill a gap": "填空",
    "Fill the gap": "填补空缺",
    "Code so far": "已有代码",
    "Code after the gap": "空缺之后的代码",
    "Go on from the result": "从结果继续",
    "A base model: it continues what you begin, and was never trained to chat.": (
        "这是基础模型：它续写你开头的内容，没有经过对话训练。"
    ),
    "There is no code block in this answer. Ask for code, or try again.": (
        "这个回答里没有代码块。请明确要求代码，或再试一次。"
    ),
    # which settings break which model
    "Code has to repeat its words: so far from 1 it comes out broken.": "代码必然要重复用词：偏离 1 这么多会写坏代码。",
    "DeepSeek says to use this model without a system prompt. Put the instructions into the message.": (
        "DeepSeek 建议使用此模型时不加系统提示词，请把指令写进消息里。"
    ),
    "Never greedy with this model: it repeats itself without end. DeepSeek recommends 0.6.": (
        "此模型不可用贪心解码：它会无休止地重复。DeepSeek 推荐 0.6。"
    ),
    "DeepSeek recommends 0.6 for this model, within {low} to {high}.": (
        "DeepSeek 对此模型推荐 0.6，宜在 {low} 到 {high} 之间。"
    ),
    "More than the model has room for: {count} tokens, the prompt included.": (
        "超出模型的容量：连同提示在内共 {count} 个词元。"
    ),
    "This model thinks first, often for thousands of tokens: the answer may never be reached.": (
        "此模型会先思考，常达数千词元：可能还没轮到回答就结束了。"
    ),
    # presets and prompts of one's own
    "Write a name of your own into the list first, of at most {most} letters.": (
        "请先在列表中写一个自己的名称，最多 {most} 个字。"
    ),
    "{count} are kept already. Delete one first.": "已经保存了 {count} 个，请先删除一个。",
    "Presets": "预设",
    "Pick one, or write a name and save what is set below.": "选择一个，或输入名称并保存下面的设置。",
    "Save": "保存",
    "Maximum thoughts": "思考上限",
    "After so many tokens the thought is closed and the answer begins. Empty: no limit.": (
        "思考达到这么多词元后即结束并开始回答。留空：不限。"
    ),
    "no limit": "不限",
    "System prompts": "系统提示词库",
    "Pick one, or write a name and save the text below.": "选择一个，或输入名称并保存下面的文字。",
    "Share by link": "用链接分享",
    "Think": "思考",
    "Maths": "数学",
    # sizes and times
    "{seconds} s": "{seconds} 秒",
    "{minutes} min": "{minutes} 分钟",
    "{hours} h {minutes} min": "{hours} 小时 {minutes} 分钟",
    "{stage}: {done} of {total}": "{stage}：{done}／{total}",
    "{rate}/s, {duration} left": "{rate}/秒，还需 {duration}",
    # which model answers, which could
    "No model": "没有模型",
    "Scripted replies": "按脚本回复",
    "Choosing a model": "正在选择模型",
    "A model": "模型",
    "Choose a model": "选择模型",
    "No model is loaded, so the message was not sent.": "没有加载模型，消息没有发送。",
    "1 note": "1 条提示",
    "{count} notes": "{count} 条提示",
    "About {model}": "关于 {model}",
    "Getting ready": "正在准备",
    "answers meanwhile": "其间照常回答",
    "Choose a model to begin.": "请先选择一个模型。",
    "No model here. Show all of them, or change the words to look for.": "没有符合的模型。请显示全部，或换个词查找。",
    "Fits here {count}": "放得下 {count}",
    "On this disk {count}": "已在本机 {count}",
    "All {count}": "全部 {count}",
    "Fits": "放得下",
    "With offload": "勉强放得下",
    "Does not fit": "放不下",
    "{size} to fetch": "需下载 {size}",
    "size not published": "大小未公布",
    "{size} in memory": "占内存 {size}",
    "On this disk": "已在本机",
    "Choose a model of the list, or write the name of one.": "请从列表选择模型，或输入模型名称。",
    "The model's name is {count} characters long; no name is that long.": "名称有 {count} 个字符，太长了。",
    "{model} goes on answering meanwhile.": "其间仍由 {model} 回答。",
    "Automatic: {precision} here": "自动：此处为 {precision}",
    "From the list, or any Hub id": "从列表中选，或填写 Hub 仓库名",
    # two at once
    "Compare": "对比",
    "Go on with this one": "用这个继续",
    "Message for both": "发给两边的消息",
    "Write one message for both": "写一条消息，两边同时回答",
    "Thinking": "思考模式",
    "Thinks": "思考",
    "Does not think": "不思考",
    "As in the panel": "按面板设置",
    "Own parameters": "单独设置",
    "as above": "同上",
    "Precise": "精确",
    "Balanced": "均衡",
    "Creative": "创意",
    "Greedy": "贪心",
    # links
    "This link suggests {model}.": "此链接建议使用 {model}。",
    "Load it": "加载它",
    "Stay with this one": "继续用现在的",
    "The link is copied. It carries your message, the model, the parameters you changed and the system prompt, and no "
    "conversation.": "链接已复制。它带有你的消息、模型、改过的参数和系统提示词，不含对话内容。",
    "This link brings a system prompt: instructions that every answer follows. It stands under Parameters.": (
        "此链接带有系统提示词，每条回答都会遵循这些指令。它已填入“参数”面板。"
    ),
    "Keep it": "保留",
    "Leave it out": "不使用",
    "Put mine back": "恢复我的",
    "Copy this link:": "复制此链接：",
    "Link": "链接",
    # more than is taken in
    "This app is for this machine, not for {name}. Where a proxy serves it under that name, say so with "
    "--trusted-host.": (
        "本应用仅供本机使用，而 {name} 不是它所知的本机名称。若本机的代理以该名称提供服务，请用 --trusted-host 指定它。"
    ),
    "Attach files": "添加文件",
    "Drop files here to attach them": "把文件拖到这里即可添加",
}
