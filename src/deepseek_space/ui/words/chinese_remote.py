"""Chinese for a model that another server runs: its facts, and what goes wrong with it. Data only."""

CHINESE_REMOTE: dict[str, str] = {
    "remote: {host}": "远程：{host}",
    "Asking {host} for its models": "正在向 {host} 查询其模型",
    "Runs on {host}.": "运行于 {host}。",
    "The chat template and the limits are those set there.": "对话模板和限制以那里的设置为准。",
    "When it thinks, DeepSeek's own API takes no notice of the temperature.": (
        "思考时，DeepSeek 自己的 API 不理会温度。"
    ),
    # no connection
    "{host} refuses the connection.": "{host} 拒绝连接。",
    "Start the server there, or check the port in {flag}.": "请在那里启动服务器，或检查 {flag} 中的端口。",
    "{host} cannot be found.": "找不到 {host}。",
    "Check the address given with {flag}, and the network.": "请检查 {flag} 给出的地址和网络。",
    "No safe connection to {host} ({reason}).": "无法与 {host} 建立安全连接（{reason}）。",
    "Check its certificate, or whether it wants http:// instead of https:// in {flag}.": (
        "请检查其证书，或 {flag} 中是否应写 http:// 而不是 https://。"
    ),
    "{host} did not answer within {seconds} s.": "{host} 在 {seconds} 秒内没有应答。",
    "Check that it runs there.": "请确认它正在那里运行。",
    "{host} has sent nothing for {seconds} s.": "{host} 已有 {seconds} 秒没有发送任何内容。",
    "Check that it runs and try again.": "请确认它正在运行，然后重试。",
    "The connection to {host} broke off.": "与 {host} 的连接中断。",
    "The connection to {host} broke in the middle of the answer.": "与 {host} 的连接在回答中途断开。",
    "Try again.": "请重试。",
    "Send the message again.": "请重新发送消息。",
    # keys and addresses
    "{host} asks for a key (HTTP {status}).": "{host} 需要密钥（HTTP {status}）。",
    "Set the environment variable {name} to it and start again.": "请把环境变量 {name} 设为该密钥，然后重新启动。",
    "{host} does not take the key (HTTP {status}).": "{host} 不接受该密钥（HTTP {status}）。",
    "Set the environment variable {name} to a valid one and start again.": (
        "请把环境变量 {name} 设为有效的密钥，然后重新启动。"
    ),
    "{host} redirects to {target}.": "{host} 重定向到 {target}。",
    "Give that address with {flag}.": "请用 {flag} 给出该地址。",
    "{host} has nothing there (HTTP 404).": "{host} 在该地址没有内容（HTTP 404）。",
    "{host} answers with {what}, not in the OpenAI protocol.": "{host} 返回的是{what}，不符合 OpenAI 协议。",
    "nothing that can be read": "无法读取的内容",
    "{host} answers to /models with something that is no list of models.": "{host} 对 /models 返回的不是模型列表。",
    "Check the address given with {flag}: most servers want /v1 at its end.": (
        "请检查 {flag} 给出的地址：多数服务器的地址以 /v1 结尾。"
    ),
    # models
    "{host} has no model {model}{says}.": "{host} 没有模型 {model}{says}。",
    "Name another one with {flag}.": "请用 {flag} 指定另一个。",
    "{host} has no model {model}.": "{host} 没有模型 {model}。",
    "It has: {names}.": "它有：{names}。",
    "{host} has several models: {names}.": "{host} 有多个模型：{names}。",
    "{host} lists no model.": "{host} 没有列出模型。",
    "Name one with {flag}.": "请用 {flag} 指定一个。",
    # requests
    "{host} is busy ({reason}).": "{host} 正忙（{reason}）。",
    "Send the message again in a minute.": "请一分钟后重新发送消息。",
    "{host} is busy ({reason}) and asks to wait {wait} s.": "{host} 正忙（{reason}），要求等待 {wait} 秒。",
    "Send the message again then.": "请届时重新发送消息。",
    "{host} failed with HTTP {status}{says}.": "{host} 出错：HTTP {status}{says}。",
    "Try again; if it stays so, its own log says more.": "请重试；如果仍然如此，详情见其日志。",
    "{host} broke the answer off: {words}.": "{host} 中断了回答：{words}。",
    "{host} sent a piece of the answer that is no JSON: {line}.": "{host} 发来的一段回答不是 JSON：{line}。",
    "Send the message again; if it stays so, something between here and the server damages what it sends.": (
        "请重新发送消息；如果仍然如此，说明途中有什么损坏了它发送的内容。"
    ),
    "{host} does not take {control} as it is set ({words}).": "{host} 不接受“{control}”的当前设置（{words}）。",
    "Reset it under Parameters and send the message again.": "请在“参数”中重置它，然后重新发送消息。",
    "{host} refuses the request: {words}.": "{host} 拒绝了请求：{words}。",
    "Change the message or the parameters.": "请修改消息或参数。",
    "{host} cannot limit thoughts to {budget} tokens.": "{host} 无法把思考限制在 {budget} 个词元内。",
    "Leave Maximum thoughts empty under Parameters.": "请在“参数”中把思考上限留空。",
    "{host} cannot go on with a reply that was cut off.": "{host} 无法续写被截断的回答。",
    "{host} can go on with an answer, but not with a thought.": "{host} 可以续写回答，但不能续写思考。",
    "Try again with more room: Maximum new tokens under Parameters.": "请在“参数”中调大最多新词元数，然后重试。",
}
