"""Chinese for what a conversation says: messages, documents, figures, the list of chats. Data only."""

CHINESE_CHAT: dict[str, str] = {
    "Duplicate this Space": "复制此 Space",
    # saved chats
    "This reply broke off: the app was restarted, or the page was away for too long.": (
        "这条回答中断了：应用曾重新启动，或页面离开太久。"
    ),
    "Line {line}: {reason}": "第 {line} 行：{reason}",
    "this is no export of chats from here": "这不是从这里导出的对话文件",
    "the chats are missing": "文件中没有对话",
    "this is no chat from here": "这不是从这里导出的对话",
    "{count:,} characters are too many; at most {limit:,}": "有 {count:,} 个字符，太多了；最多 {limit:,} 个",
    "this was written by another version of the app: {version}": "这是由应用的另一个版本写的：{version}",
    "{reason}. Nothing was imported.": "{reason}。没有导入任何内容。",
    "this is not JSON; the file was changed or cut off": "这不是 JSON，文件被改动过或不完整",
    "“{name}” is missing here": "这里缺少“{name}”",
    "“{name}” is damaged": "“{name}”已损坏",
    "“{name}” is not text": "“{name}”不是文本",
    "“{name}” is not a whole number": "“{name}”不是整数",
    "“{name}” is not a number": "“{name}”不是数值",
    "“{name}” is neither true nor false": "“{name}”既不是 true 也不是 false",
    "“{name}” is not a list": "“{name}”不是列表",
    "“{name}” has a value that is not known here": "“{name}”的值无法识别",
    "“{name}” holds too many entries": "“{name}”的条目太多",
    "a number is too long, or the nesting is too deep": "数字过长，或嵌套过深",
    "this turn is there twice, or has no id": "这一轮对话重复出现，或没有标识",
    "this turn follows one that is not before it": "这一轮对话接在不存在的一轮之后",
    "the version that is shown does not exist: {turn}": "所显示的版本不存在：{turn}",
    "Too many replies are being written here at the moment. Try again in a minute.": (
        "目前同时生成的回答太多，请一分钟后再试。"
    ),
    "This app has more to hold for its visitors than it can just now. Try again later.": (
        "本应用目前为访客保存的内容已满，请稍后再试。"
    ),
    # the Compare tab
    "The answer with these settings comes here, beside the other one.": (
        "按这些设置生成的回答会显示在这里，与另一条并排。"
    ),
    # documents
    "Leave out {name}": "略去 {name}",
    "Leave out {name}, of an earlier turn": "略去较早对话中的 {name}",
    "Left out of the context: {name}.": "已从上下文略去：{name}。",
    "At most {limit} documents go with one message; the rest was left out.": (
        "一条消息最多附带 {limit} 个文档，其余已略去。"
    ),
    "The documents of one message have at most {limit} characters; the rest was left out.": (
        "一条消息的文档合计最多 {limit} 个字符，其余已略去。"
    ),
    "{count} more files could not be read.": "另有 {count} 个文件无法读取。",
    "Summarise each of these documents in two sentences. Then say what they have in common.": (
        "请用两句话分别概括每个文档，再说明它们的共同点。"
    ),
    "Summarise this document: what it is about, its main points, and what follows from them.": (
        "请概括这个文档：它讲什么、有哪些要点、由此得出什么。"
    ),
    "What are these documents about? List five questions that they answer, each with its answer.": (
        "这些文档讲的是什么？列出它们能回答的五个问题，并分别给出答案。"
    ),
    "What is this document about? List five questions that it answers, each with its answer.": (
        "这个文档讲的是什么？列出它能回答的五个问题，并分别给出答案。"
    ),
    "Remove {name}": "移除 {name}",
    "Summarise": "概括",
    "Ask about these documents": "就这些文档提问",
    "Ask about this document": "就这个文档提问",
    "{count} documents, {tokens} tokens": "{count} 个文档，{tokens} 个词元",
    "Reading …": "正在读取……",
    "{name} is empty.": "{name} 是空的。",
    "{name} cannot be read: it is damaged, or not what its name says.": "{name} 无法读取：已损坏，或与其名称不符。",
    "{name} needs a password. Save it without one, then attach it.": "{name} 需要密码，请去掉密码保存后再添加。",
    "{name} has no text, only pictures or nothing.": "{name} 没有文字，只有图片或空白。",
    "{name} has no text, only pictures, as scanned pages do. Run text recognition (OCR) over it first.": (
        "{name} 没有文字，只有图片（如扫描件）。请先进行文字识别（OCR）。"
    ),
    "{name}: {count:,} of {total:,} pages have no text, only pictures or nothing.": (
        "{name}：{total:,} 页中有 {count:,} 页没有文字，只有图片或空白。"
    ),
    "{name} is not text, or of a kind that cannot be read here. Accepted are {accepted}.": (
        "{name} 不是文本，或是这里不能读取的类型。可以添加：{accepted}。"
    ),
    "{name} holds no file that can be read. Accepted are {accepted}.": (
        "{name} 中没有可以读取的文件。可以添加：{accepted}。"
    ),
    "text, Markdown, code, CSV, PDF, Word (.docx), Jupyter notebooks, and folders as .zip": (
        "文本、Markdown、代码、CSV、PDF、Word（.docx）、Jupyter 笔记本，以及打包成 .zip 的文件夹"
    ),
    "{name} is not in UTF-8; it was read as {encoding}. If it looks wrong, save it as UTF-8.": (
        "{name} 不是 UTF-8 编码，已按 {encoding} 读取。如有乱码，请另存为 UTF-8。"
    ),
    "{name} is larger than {limit:,} MiB, the most that can be attached.": "{name} 超过 {limit:,} MiB 的大小上限。",
    "{name} has {length:,} characters; the most that can be attached is {limit:,}.": (
        "{name} 有 {length:,} 个字符，最多可添加 {limit:,} 个。"
    ),
    "{name} is an Office file that is old or has a password. Save it as .docx, PDF or CSV.": (
        "{name} 是旧版或有密码的 Office 文件，请另存为 .docx、PDF 或 CSV。"
    ),
    "{name} is an RTF file. Save it as .docx or PDF.": "{name} 是 RTF 文件，请另存为 .docx 或 PDF。",
    "Left out of {name}, as they could not be read as text ({count:,}): {files}": (
        "{name} 中有 {count:,} 个文件不能作为文本读取，已略去：{files}"
    ),
    "{name} could not be read in the {limit:,.0f} seconds and the memory there are. Attach a smaller part of it.": (
        "在 {limit:,.0f} 秒和可用内存之内未能读完 {name}，请添加其中较小的一部分。"
    ),
    "{name} holds {count:,} files; at most {limit:,} can be attached. Pack only those that matter.": (
        "{name} 含有 {count:,} 个文件，最多可添加 {limit:,} 个。请只打包需要的文件。"
    ),
    "{name} needs a password. Pack it without one, then attach it.": "{name} 需要密码，请不加密码重新打包后再添加。",
    "{name} is packed in a way that cannot be read here. Pack it as a plain zip.": (
        "{name} 的压缩方式不能在这里读取，请打包成普通的 zip。"
    ),
    "{name} unpacks to more than {limit:,} MiB. Pack only what matters.": (
        "{name} 解压后超过 {limit:,} MiB，请只打包需要的内容。"
    ),
    "{name} unpacks to more than {limit:,} MiB.": "{name} 解压后超过 {limit:,} MiB。",
    "{name} has too many parts to be read ({count:,}; the most is {limit:,}). Attach a smaller part of it.": (
        "{name} 的组成部分太多，无法读取（{count:,} 个，最多 {limit:,} 个）。请添加其中较小的一部分。"
    ),
    "{name} is not in order: {path!r} leads out of the archive.": "{name} 有问题：{path!r} 指向压缩包之外。",
    "{name} has folders more than {limit} deep: {path!r}.": "{name} 的文件夹超过 {limit} 层：{path!r}。",
    "{name} holds another archive, {path!r}. Unpack that first.": "{name} 中还有压缩包 {path!r}，请先解压它。",
    # what fills the context
    "{used} of {context} tokens": "已用 {used}／{context} 个词元",
    "Tokens of the context, about": "上下文的词元用量（约）",
    "Earlier turns": "此前的对话",
    "Documents": "文档",
    "This message": "这条消息",
    "Kept for the answer": "留给回答",
    "Free": "空闲",
    "Too much": "超出",
    "This does not fit the model's context": "超出了模型的上下文",
    "It is {prompt} tokens long and {room} are kept for the answer: {over} too many for a context of {context}. "
    "Nothing is sent yet.": (
        "共 {prompt} 个词元，另为回答预留 {room} 个：比 {context} 的上下文多出 {over} 个。尚未发送。"
    ),
    "frees {tokens} tokens": "腾出 {tokens} 个词元",
    "Shorten the message or begin a new chat.": "请缩短消息，或开始新对话。",
    "Leave out all earlier turns and shorten the documents": "略去此前的全部对话并缩短文档",
    "Answer in {tokens} tokens at most": "回答最多 {tokens} 个词元",
    "Shorten {name} from {before} to {after} tokens": "把 {name} 从 {before} 缩短到 {after} 个词元",
    "Leave out the {count} oldest turns": "略去最早的 {count} 轮对话",
    "all is read, the answer is shorter": "全部读入，回答更短",
    "its beginning and its end stay": "保留开头和结尾",
    "Leave out the oldest turn": "略去最早的一轮对话",
    "Shorten all documents": "缩短所有文档",
    "Left out of the context: the model goes on without this turn.": "已从上下文略去：模型不再读这一轮对话。",
    "Left out of the context: the model goes on with the documents of this turn alone.": (
        "已从上下文略去：模型只保留这一轮的文档。"
    ),
    "Take it in again": "重新纳入",
    # figures under an answer
    "first after {seconds} s": "{seconds} 秒后开始",
    "{tokens} at {rate} per second": "{tokens}，每秒 {rate} 个",
    "Model": "模型",
    "Prompt": "提示",
    "Reply": "回复",
    "First token": "首个词元",
    "End": "结束",
    "{tokens}, {cached} of them remembered": "{tokens}，其中 {cached} 个已在缓存",
    "after {seconds} s": "{seconds} 秒后",
    "the model ended its answer": "模型自行结束",
    "cut off at the most new tokens allowed": "达到最多词元数而截断",
    "stopped by you, or left alone for too long": "由你停止，或因太久无人查看而停止",
    "broken off by an error": "因错误中断",
    "temperature {value}": "温度 {value}",
    "at most {count} new tokens": "最多生成 {count} 个词元",
    "1 token": "1 个词元",
    "{count} tokens": "{count} 个词元",
    "{rate} tokens/s": "{rate} 词元/秒",
    "repetition penalty {value}": "重复惩罚 {value}",
    "seed {value}": "随机种子 {value}",
    "{count} stop strings": "{count} 个停止字符串",
    "at most {count} tokens of thought": "思考最多 {count} 个词元",
    "with a system prompt": "有系统提示词",
    "thinking on": "开启思考",
    "thinking off": "关闭思考",
    # messages
    "That did not work": "未能完成",
    "Version {version} of {versions}": "第 {version} 版，共 {versions} 版",
    "Show {count} earlier messages": "显示更早的 {count} 条消息",
    "Try again with thinking": "开启思考重试",
    "Try again without thinking": "关闭思考重试",
    "Copy this message": "复制这条消息",
    "Copy a link to this message, its parameters and system prompt; to nothing else": (
        "复制链接：带有这条消息及其参数和系统提示词，不含对话内容"
    ),
    "Edit and send again; this version is kept": "编辑后重新发送（保留当前版本）",
    "Delete this message and all that follows": "删除这条消息及其后的内容",
    "Try again, with the parameters as they are now; this version is kept": "按当前参数重试（保留当前版本）",
    "Continue": "继续",
    "{rating} (chosen)": "{rating}（已选）",
    "Delete": "删除",
    "Copy the answer": "复制回答",
    "Answer now": "立即回答",
    "Next version": "下一版",
    "Previous version": "上一版",
    "Good answer": "回答得好",
    "Bad answer": "回答得不好",
    "Edit the message": "编辑消息",
    "Write a message first, then send it.": "请先输入消息，再发送。",
    # how a reply goes on
    "Starting the answer": "开始回答",
    "Thinking · {seconds} s · {tokens}": "思考中 · {seconds} 秒 · {tokens}",
    "Thoughts · {seconds} s · {tokens}": "思考过程 · {seconds} 秒 · {tokens}",
    "Thinking · {seconds} s": "思考中 · {seconds} 秒",
    "Thoughts": "思考过程",
    "Stopped. What was written so far is kept.": "已停止。已写出的内容会保留。",
    "Stopped before anything was written.": "在写出内容之前已停止。",
    "Loading the model … {percent} % · {stage}": "正在加载模型…… {percent}% · {stage}",
    "Loading the model … {stage}": "正在加载模型…… {stage}",
    "In the chat, {model} goes on from here.": "在对话中，由 {model} 继续。",
    "Waiting for a place": "正在等待空位",
    "Waiting: position {position}": "排队中：第 {position} 位",
    "Reading the prompt: {read} of {total} tokens": "正在读取提示：{read}／{total} 个词元",
    "The answer was cut off: it reached the maximum of new tokens.": "回答被截断：已达到最多生成词元数。",
    # the list of chats
    "Chats": "对话",
    "Today": "今天",
    "Yesterday": "昨天",
    "Earlier": "更早",
    "Your chats will be listed here. They are kept in this browser and nowhere else.": (
        "你的对话会列在这里，只保存在这个浏览器中。"
    ),
    "No chat has all of these words.": "没有对话包含所有这些词。",
    "More": "更多",
    "Title of the chat": "对话标题",
    "Untitled": "无标题",
    "Deleted:": "已删除：",
    "Undo": "撤销",
    "This browser keeps nothing for this page: chats are gone when it is closed or loaded anew.": (
        "这个浏览器不为本页保存数据：关闭或重新载入后，对话就没有了。"
    ),
    "This browser has no room left for chats. Export some and delete them.": (
        "浏览器已没有空间保存对话，请导出一些后删除。"
    ),
    "Imported:": "已导入：",
    "differs from the chat here, so both are kept:": "与这里的对话不同，两者都保留：",
    "here already:": "这里已有：",
    "You": "你",
    "Assistant": "助手",
    "Instructions": "指令",
    "tokens": "词元",
    "tokens/s": "词元/秒",
    "The reply broke off:": "回复中断：",
    "All chats": "所有对话",
    "Search": "搜索",
    "Search in titles and texts": "在标题和内容中搜索",
    "Rename": "重命名",
    "Export as Markdown": "导出为 Markdown",
    "Export as JSON": "导出为 JSON",
    "Import …": "导入……",
    "Export all as Markdown": "全部导出为 Markdown",
    "Export all as JSON": "全部导出为 JSON",
    "Delete all …": "全部删除……",
    "Delete all chats?": "删除所有对话？",
    "They are kept in this browser alone, so nobody can bring them back.": (
        "对话只保存在这个浏览器中，删除后无法恢复。"
    ),
    "Delete all": "全部删除",
}
