"""Chinese for what is turned away at the gate: too much, too often, from elsewhere. Data only."""

CHINESE_GATE: dict[str, str] = {
    "This is more than can be sent at once. Send less.": "一次发送的内容过多，请减少后再发送。",
    "This is made of more parts than can be sent at once. Send less.": "一次发送的内容包含的部分过多，请减少后再发送。",
    "You are sending more than this app takes in at a time. Try again in a minute.": (
        "您发送的内容超过了本应用一段时间内可接收的量，请一分钟后重试。"
    ),
    "Too much is being sent to this app at the moment. Try again in a minute.": (
        "目前发往本应用的内容过多，请一分钟后重试。"
    ),
    "Pages of other sites may not send to this app.": "其他网站的页面不能向本应用发送内容。",
    "The disk of this app is full. Tell whoever runs it, and try again later.": (
        "本应用的磁盘已满。请告知其运行者，稍后再试。"
    ),
    "A file is larger than can be sent to this app.": "有文件超过了本应用可接收的大小。",
    "this is made of too many parts; at most {limit:,}": "包含的部分过多，最多 {limit:,} 个",
    "What was sent is not here any more. Try again.": "发送的内容已不在这里，请重试。",
    "Log in first: load the page anew.": "请先登录：重新加载本页。",
    "Too many wrong passwords. Wait a minute and try again.": "密码错误次数过多，请等一分钟再试。",
}
