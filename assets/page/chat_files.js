// Chats as files: JSON is the records as they are, to be imported again; Markdown is for people.
import { shownTurns } from "./chat_record.js";
import { make } from "./elements.js";

/** @typedef {import("./chat_record.js").Chat} Chat */
/** @typedef {import("./chat_record.js").Turn} Turn */
/** @typedef {Record<string, string>} Words */

/** @type {(time: number) => string} */
const day = (time) => new Date(time).toISOString().slice(0, 10);

/** @type {(text: string) => string} A text that was cut off inside of a code block must not take in what follows. */
export const closed = (text) => {
  const fences = text.match(/^ {0,3}```/gm) ?? [];
  return fences.length % 2 ? `${text.trimEnd()}\n\`\`\`` : text.trim();
};

/** @type {(turn: Turn, words: Words) => string} */
const thoughts = (turn, words) => {
  const time = turn.thinking_s ? ` (${turn.thinking_s.toFixed(1)} s)` : "";
  return `<details>\n<summary>${words.thoughts}${time}</summary>\n\n${closed(turn.reasoning)}\n\n</details>`;
};

/** @type {(usage: any, words: Words) => string} */
const figures = (usage, words) =>
  `*${usage.model} · ${usage.generated_tokens} ${words.tokens} · ${usage.tokens_per_second.toFixed(1)} ${words.speed}*`;

/** @type {(turn: Turn, words: Words) => (string | undefined)[]} */
const turnText = (turn, words) => {
  const files = (turn.files ?? []).map((/** @type {{ name: string }} */ file) => `- ${file.name}`).join("\n");
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

/** @type {(chat: Chat, words: Words) => string} */
export const chatText = (chat, words) => {
  const turns = shownTurns(chat);
  const instructions = turns.at(-1)?.settings?.system_prompt;
  const parts = [
    `# ${chat.title}`,
    chat.created && day(chat.created),
    instructions && `> **${words.prompt}:** ${instructions.replaceAll("\n", "\n> ")}`,
    ...turns.flatMap((turn) => turnText(turn, words)),
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
};

/** @type {(name: string, type: string, text: string) => void} */
const save = (name, type, text) => {
  const url = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
};

/** @type {(chats: Chat[]) => string} A name for the file. */
export const named = (chats) => {
  const title = chats.length === 1 ? chats[0].title : "chats";
  const words = title.match(/[\p{L}\p{N}]+/gu) ?? ["chat"];
  return `${words.join("-").slice(0, 60)}-${day(Date.now())}`;
};

/** @type {(chats: Chat[]) => void} */
export const saveJson = (chats) => {
  const whole = { format: "deepseek-space-chats", version: 1, exported: new Date().toISOString(), chats };
  save(`${named(chats)}.json`, "application/json", JSON.stringify(whole, null, 1));
};

/** @type {(chat: Chat, page: string) => void} */
export const savePage = (chat, page) => save(`${named([chat])}.html`, "text/html", page);

/** @type {(chats: Chat[], words: Words) => void} */
export const saveMarkdown = (chats, words) => {
  const texts = chats.filter((chat) => chat.version === 1).map((chat) => chatText(chat, words));
  save(`${named(chats)}.md`, "text/markdown", texts.join("\n---\n\n"));
};
