"""Chinese for what is told of mirrors, networks and disks while a model is fetched. Data only.

A sentence that holds values is a template here, as in ``chinese_below.py``.
"""

CHINESE_DOWNLOADS: dict[str, str] = {
    "{url} tells no checksum of {file} of {repo_id}, so what it sends could not be checked; nothing was fetched. "
    "Unset HF_ENDPOINT, or set it to a mirror that passes the Hub's checksums on.": (
        "{url} 没有给出 {repo_id} 中 {file} 的校验和，无法核对其发送的内容，因此没有下载。"
        "请取消 HF_ENDPOINT，或把它设为会转发 Hub 校验和的镜像。"
    ),
    "it cannot be reached": "无法连接",
    "its certificate is not trusted here": "其证书在本机不受信任",
    "the proxy does not let it through": "代理不放行",
    "pip needs PySocks for a SOCKS proxy; install pysocks": "pip 需要 PySocks 才能使用 SOCKS 代理，请安装 pysocks",
}
