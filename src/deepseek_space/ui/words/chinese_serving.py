"""Chinese for what is said between the network and the page. Data only."""

CHINESE_SERVING: dict[str, str] = {
    "This app is about to be restarted or shut down. Send this again in a moment.": (
        "本应用即将重启或关闭。请稍后重新发送。"
    ),
}
