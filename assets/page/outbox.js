// What was sent and is not confirmed: each message under a key by which the server knows one that comes twice. It goes
// when nothing is in its way, is kept in this tab until it is confirmed, and can be taken back until it goes. Knows no
// page: that is given by `start`.
import { inTab } from "./kept.js";

/**
 * @typedef {{ key: string, act: string, target: string, text: string, chat?: string | null, lane: "chat" | "compare",
 *   state: "waiting" | "going", at: number, repeats?: number, isUnwanted?: boolean }} Message
 */
/** @typedef {"sent" | "busy" | "too_long" | "refused" | "unheard"} Outcome */
/**
 * @typedef {{
 *   keeps: boolean,
 *   chat: () => string | null,
 *   hindrance: (message: Message) => string,
 *   send: (message: Message) => Promise<{ state?: Outcome }>,
 *   goes: (message: Message) => void,
 *   ended: (message: Message, outcome: Outcome) => void,
 *   changed: () => void,
 * }} Page
 */

const KEPT = "deepseek-space-outbox";
const MOST_REPEATS = 3; // where the server fails at it, it would for ever
/** @type {Message[]} */
let messages = [];
/** @type {Page} */
let page;
let isReady = false; // not before the chats are back

export const newKey = () =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(9)))).replace(/[+/=]/g, "-");

const changed = () => {
  if (messages.length && page.keeps) inTab.set(KEPT, JSON.stringify(messages));
  else inTab.remove(KEPT);
  page.changed();
};

/** @type {(message: Message) => boolean} Whether it belongs to what the page shows. */
const isHere = (message) => message.lane !== "chat" || message.chat === undefined || message.chat === page.chat();
/** @type {(lane: string) => Message | undefined} What is on its way to the server. */
export const going = (lane) => messages.find((message) => message.state === "going" && message.lane === lane);
/** @type {() => Message[]} What waits to be sent from here. */
export const waiting = () => messages.filter((message) => message.state === "waiting" && isHere(message));

/** @type {(message: Message) => void} */
const remove = (message) => void (messages = messages.filter((other) => other !== message));

/** @type {(message: Message, outcome?: Outcome) => void} */
const settle = (message, outcome) => {
  if (!messages.includes(message)) return;
  if (outcome === "busy" || outcome === undefined) message.state = "waiting";
  else remove(message);
  changed();
  page.ended(message, outcome ?? "unheard");
  if (outcome === "sent") flush();
};

/** @type {(message: Message) => void} */
const go = (message) => {
  message.state = "going";
  message.at = Date.now();
  changed();
  page.goes(message);
  hand(message);
};

/** @type {(message: Message) => void} */
const hand = (message) => void page.send(message).then(({ state }) => settle(message, state));

/** Send what nothing is in the way of; in order, one at a time. */
export const flush = () => {
  if (!isReady) return;
  for (const lane of ["chat", "compare"]) {
    const next = waiting().find((message) => message.lane === lane);
    if (next && !going(lane) && !page.hindrance(next)) go(next);
  }
  if (waiting().length) page.changed(); // it may wait for something else by now
};

/**
 * Take in a message; it goes at once where nothing hinders it.
 * @type {(wanted: { act: string, target?: string, text?: string, lane?: "chat" | "compare" }) => void}
 */
export const submit = ({ act, target = "", text = "", lane = "chat" }) => {
  messages.push({ key: newKey(), act, target, text, lane, chat: isReady ? page.chat() : undefined, state: "waiting", at: Date.now() });
  changed();
  flush();
};

/** @type {(key: string) => Message | undefined} One that is not on its way is not sent any more. */
export const takeBack = (key) => {
  const message = messages.find((each) => each.key === key && each.state === "waiting");
  if (!message) return undefined;
  remove(message);
  changed();
  flush();
  return message;
};

/** @type {() => Message[]} Take back all messages that wait here. */
export const takeAllBack = () => waiting().map(({ key }) => /** @type {Message} */ (takeBack(key)));

/** @type {(lane: string) => boolean} Have what is on its way stopped as soon as it is there; whether there is such. */
export const stopGoing = (lane) => {
  const message = going(lane);
  if (message) message.isUnwanted = true;
  return Boolean(message);
};

/** @type {(message: Message) => boolean} Whether the server knows it by its key when it comes twice. */
const isKeyed = ({ act }) => act === "send" || act === "fit" || act === "edit_save" || act.startsWith("retry");

/** @type {(message: Message) => void} Nobody knows whether it came; it is not sent again. */
const giveUp = (message) => {
  remove(message);
  changed();
  page.ended(message, "unheard");
};
/** @type {(lane: string) => void} */
export const giveUpGoing = (lane) => [going(lane)].forEach((message) => message && giveUp(message));

/** @type {(ms: number) => boolean} Whether something has not been answered for so long. */
export const isUnheard = (ms) => messages.some((each) => each.state === "going" && Date.now() - each.at >= ms);

/** @type {(afterMs: number) => void} Hand over again what nobody has answered for so long. */
export const repeat = (afterMs) => {
  for (const message of messages) {
    if (message.state !== "going" || Date.now() - message.at < afterMs) continue;
    message.at = Date.now();
    message.repeats = (message.repeats ?? 0) + 1;
    if (isKeyed(message) && message.repeats <= MOST_REPEATS) hand(message);
    else giveUp(message);
  }
};

/** @type {(id: string) => void} The new chat, in which they were written, has an id now. */
export const adopt = (id) => {
  for (const message of messages) if (message.lane === "chat") message.chat ??= id;
  changed();
};

/** @type {() => boolean} */
export const isOpen = () => isReady;
/** Chats and what else was kept are back: what was not confirmed before a reload goes again. */
export const open = () => {
  isReady = true;
  for (const message of messages) if (message.chat === undefined) message.chat = page.chat();
  flush();
};

/** @type {(given: Page) => void} */
export const start = (given) => {
  page = given;
  isReady = false;
  try {
    /** @type {Message[]} */
    const kept = JSON.parse(inTab.get(KEPT) ?? "[]");
    messages = kept
      .filter((message) => message.state === "waiting" || isKeyed(message))
      .map((message) => ({ ...message, state: "waiting" }));
  } catch {
    messages = [];
  }
};
