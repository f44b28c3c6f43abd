// What a conversation looks like with a message in it that the server has not confirmed. Knows the messages of a
// conversation as ui/html/transcript.py makes them, and neither page nor server.

/** @typedef {{ role: string, content: any, metadata?: Record<string, any>, [name: string]: any }} ChatMessage */
/** @typedef {{ key: string, act: string, target: string, text: string, [name: string]: any }} Sent */

/** @type {(text: string) => string} So that Markdown has nothing to find in it; as ui/html/render.py does it. */
export const literal = (text) =>
  text.replace(/[^\p{L}\p{N} ]|^ /gu, (sign) => `&#${String(sign.codePointAt(0)).padStart(4, "0")};`);

/** @type {(role: string, text: string, metadata?: Record<string, any>) => ChatMessage} */
const message = (role, text, metadata = {}) => ({ role, content: [{ type: "text", text }], metadata, options: [] });

/** @type {(message: ChatMessage) => string} */
const textOf = ({ content }) =>
  typeof content === "string" ? content : [content].flat().map((part) => part?.text ?? "").join("");

/** @type {(messages: ChatMessage[], name: string, value: string) => number} Where a button of a turn stands. */
const placeOf = (messages, name, value) =>
  messages.findIndex((each) => textOf(each).includes(`name="${name}" value="${value}"`));

/**
 * Whatever follows the question, or what is written of its answer, gives way.
 * @type {(messages: ChatMessage[], sent: Sent) => ChatMessage[]}
 */
const kept = (messages, { act, target, text }) => {
  const asked = placeOf(messages, "edit", target);
  if (act === "send" || asked < 0) return messages;
  if (act === "edit_save") return [...messages.slice(0, asked - 1), message("user", literal(text)), messages[asked]];
  if (act.startsWith("retry")) return messages.slice(0, asked + 1);
  const ended = placeOf(messages, act, target);
  return ended < 0 ? messages : messages.slice(0, ended);
};

/**
 * The messages with what was sent, and that an answer is waited for.
 * @type {(messages: ChatMessage[], sent: Sent, files: string, waits: string) => ChatMessage[]}
 */
export const withPending = (messages, sent, files, waits) => [
  ...kept(messages, sent),
  ...(sent.act === "send" && files ? [message("user", files)] : []),
  ...(sent.act === "send" ? [message("user", literal(sent.text))] : []),
  message("assistant", "", { title: waits, status: "pending", id: sent.key }),
];

/** @type {(messages: ChatMessage[], key: string) => boolean} Whether that message is still drawn so. */
export const isPending = (messages, key) => messages.at(-1)?.metadata?.id === key;

/** @type {(text: string, directives: string[]) => string} The text with the directive for mathematics in its language,
 * which comes first for English; without if it has one. */
export const withMaths = (text, directives) => {
  const has = directives.find((directive) => text.includes(directive));
  if (has) return text.replace(has, "").trim();
  return `${text.trimEnd()}\n\n${directives[Number(/[\u3400-\u9fff]/.test(text))]}`.trimStart();
};
