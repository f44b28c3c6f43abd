// Chats as files: JSON is the records as they are, to be imported again; Markdown is for people.
window.dsFiles = (() => {
  const day = (time) => new Date(time).toISOString().slice(0, 10);

  // The turns that are shown, from the first to the last; as in chat/turns/conversation.py.
  const path = ({ turns, chosen = {} }) => {
    const shown = [];
    for (let parent = ""; ; parent = shown.at(-1).id) {
      const versions = turns.filter((turn) => (turn.parent ?? "") === parent);
      if (!versions.length) return shown;
      shown.push(versions.find((turn) => turn.id === chosen[parent]) ?? versions.at(-1));
    }
  };

  // A text that was cut off inside of a code block must not take in what follows.
  const closed = (text) => {
    const fences = text.match(/^ {0,3}```/gm) ?? [];
    return fences.length % 2 ? `${text.trimEnd()}\n\`\`\`` : text.trim();
  };

  const thoughts = (turn, words) => {
    const time = turn.thinking_s ? ` (${turn.thinking_s.toFixed(1)} s)` : "";
    return `<details>\n<summary>${words.thoughts}${time}</summary>\n\n${closed(turn.reasoning)}\n\n</details>`;
  };

  const figures = (usage, words) =>
    `*${usage.model} · ${usage.generated_tokens} ${words.tokens} · ${usage.tokens_per_second.toFixed(1)} ${words.speed}*`;

  const turnText = (turn, words) => {
    const files = (turn.files ?? []).map((file) => `- ${file.name}`).join("\n");
    return [
      `## ${words.you}`,
      files,
      turn.question,
      `## ${words.assistant}`,
      turn.reasoning && thoughts(turn, words),
      turn.answer && closed(turn.answer),
      turn.error && `> ${words.broken} ${turn.error}`,
      turn.usage && figures(turn.usage, words),
    ];
  };

  const chatText = (chat, words) => {
    const turns = path(chat);
    const instructions = turns.at(-1)?.settings?.system_prompt;
    const parts = [
      `# ${chat.title}`,
      chat.created && day(chat.created),
      instructions && `> **${words.prompt}:** ${instructions.replaceAll("\n", "\n> ")}`,
      ...turns.flatMap((turn) => turnText(turn, words)),
    ];
    return `${parts.filter(Boolean).join("\n\n")}\n`;
  };

  const save = (name, type, text) => {
    const url = URL.createObjectURL(new Blob([text], { type }));
    Object.assign(document.createElement("a"), { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };

  const named = (chats) => {
    const title = chats.length === 1 ? chats[0].title : "chats";
    const words = title.match(/[\p{L}\p{N}]+/gu) ?? ["chat"];
    return `${words.join("-").slice(0, 60)}-${day(Date.now())}`;
  };

  const saveJson = (chats) => {
    const whole = { format: "deepseek-space-chats", version: 1, exported: new Date().toISOString(), chats };
    save(`${named(chats)}.json`, "application/json", JSON.stringify(whole, null, 1));
  };

  const saveMarkdown = (chats, words) => {
    const texts = chats.filter((chat) => chat.version === 1).map((chat) => chatText(chat, words));
    save(`${named(chats)}.md`, "text/markdown", texts.join("\n---\n\n"));
  };

  return { saveJson, saveMarkdown };
})();
