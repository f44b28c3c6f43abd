"""Chinese for a graphics card that is lent for each reply, and for a Space's hardware. Data only.

What the platform itself says stays as it says it.
"""

CHINESE_ON_THE_PAGE: dict[str, str] = {
    "cut off as its time on the graphics card was up": "因显卡时间用完而截断",
    "The answer was cut off: its time on the graphics card was up. Continue goes on.": (
        "回答被截断：显卡时间已用完。点“继续”可接着生成。"
    ),
}

CHINESE_ZERO_GPU: dict[str, str] = {
    "A reply has the graphics card for {seconds} seconds at most; Continue goes on from there.": (
        "每次回复最多使用显卡 {seconds} 秒；点“继续”可接着生成。"
    ),
    "The {seconds} seconds on the graphics card were over before the first word.": (
        "显卡的 {seconds} 秒在生成第一个字之前就用完了。"
    ),
    "Shorten the message, or start a new chat.": "请缩短消息，或开始新对话。",
    "ZeroGPU lends no graphics card now: {words}.": "ZeroGPU 现在不能借出显卡：{words}。",
    "Sign in to Hugging Face, allow fewer new tokens, or come back later.": (
        "请登录 Hugging Face、减少最多生成词元数，或稍后再来。"
    ),
    "Allow fewer new tokens; the operator can lower --gpu-seconds.": (
        "请减少最多生成词元数；运营者可以调低 --gpu-seconds。"
    ),
    "Wait until your other replies have ended.": "请等你的其他回复结束。",
    "Send the message again in a minute.": "请在一分钟后重新发送消息。",
    "ZeroGPU ended the reply: {words}.": "ZeroGPU 结束了回复：{words}。",
    "Go on with Continue, or send the message again.": "请点“继续”，或重新发送消息。",
    "{precision} is made on the card itself, which is lent for replies alone here; use bf16.": (
        "{precision} 要在显卡上生成，而这里的显卡只在回复时借出；请用 bf16。"
    ),
}
