// The composer and whatever else asks for an answer: what is pressed is seen at once, before the server has heard of it.
// outbox.js has what is not confirmed, pending.js what it looks like; handlers/message_events.py is the other side.
import { openEditor } from "./editor.js";
import { around, find, findAll, make, whenBuilt, write } from "./elements.js";
import { FIELDS, hasComponent, hidden, isOpening, shown, unchanged } from "./gradio.js";
import { current, whenNamed, watchChats } from "./history.js";
import { isComposing } from "./keyboard.js";
import { note, word } from "./notes.js";
import * as outbox from "./outbox.js";
import { isPending, withPending } from "./pending.js";
import { ask, draw, isServerThere } from "./server.js";
import { keepDraft } from "./unsent_draft.js";
import { isUploading, watchUploads } from "./uploads.js";

/** @typedef {import("./outbox.js").Message} Message */

const LOOK_MS = 2000;
const LEAVE_MS = 50;
// Of these the tab has one that the page opens with.
const SEEN_FIRST = `:is(${FIELDS.message}, ${FIELDS.task}, ${FIELDS.question})`;
const UNHEARD_MS = 8000; // a slow line takes two seconds to confirm
let isLost = false; // the server does not answer, though there is a network
/** @type {Message | null} */
let tooLong = null; // what waits for the reader to say how it is to fit
/** @type {{ message: Message, isUndone: boolean } | null} */
let drawing = null;
/** @type {{ messages: any[], chips: any }} */
let before = { messages: [], chips: "" };

const isOnline = () => navigator.onLine && !isLost;
const isWriting = () => find("#chat-stop") !== null;
/** @type {(message: Message) => string} The name of what is in its way; "" for nothing. */
const hindrance = ({ act, lane }) => {
  if (!isOnline()) return "offline";
  if (!outbox.isOpen()) return "opening";
  if (lane === "chat" && outbox.going("chat")) return "writing";
  if (act === "send" && isUploading()) return "uploading";
  return act === "send" && isWriting() ? "writing" : "";
};

/** @type {(message: Message) => Message} What was too long is drawn as what it is. */
const drawn = (message) =>
  message.act === "fit" ? { ...message, act: tooLong?.act ?? "send", target: tooLong?.target ?? "" } : message;

/** @type {() => string} As ui/html/file_chips.py has them with a question that was sent. */
const filesHtml = () => {
  const chips = findAll("#attached .ds-file").map((chip) => {
    const copy = chip.cloneNode(true);
    copy.querySelector("button")?.remove();
    return copy.outerHTML;
  });
  return chips.length ? `<div class="ds-files">${chips.join("")}</div>` : "";
};

/**
 * What Gradio is to show of conversation, Send, Stop and documents, while something is on its way.
 * @type {(messages: any[], chips: any) => any[]}
 */
export const drawChat = (messages, chips) => {
  if (!drawing) return [messages, unchanged, unchanged, chips];
  const { message, isUndone } = drawing;
  if (isUndone) {
    if (!isPending(messages, message.key)) return [messages, unchanged, unchanged, chips];
    return [before.messages, shown, hidden, before.chips];
  }
  before = { messages, chips };
  const isNew = drawn(message).act === "send";
  return [withPending(messages, drawn(message), filesHtml(), word("sending")), hidden, shown, isNew ? "" : chips];
};

/** @type {() => any[]} Both answers, Send, Stop, and the two buttons that go on with one. */
export const drawCompared = () => {
  const isUndone = drawing?.isUndone;
  const waits = withPending([], /** @type {any} */ ({ act: "", key: "compare" }), "", word("sending"));
  const sides = isUndone ? [[], []] : [waits, waits];
  return [...sides, isUndone ? shown : hidden, isUndone ? hidden : shown, hidden, hidden];
};

/** @type {(message: Message, isUndone: boolean) => void} */
const redraw = (message, isUndone) => {
  drawing = { message, isUndone };
  draw(message.lane === "chat" ? "draw_chat" : "draw_compared");
};

/** @type {(texts: string[]) => void} Nothing that was written is lost, and what is being written stays. */
const putBack = (texts) => {
  const field = find(FIELDS.message);
  write(field, [...texts, field.value].filter(Boolean).join("\n\n"));
  field.focus();
};

/** @type {(message: Message) => void} Back to where it was written. */
const giveBack = (message) => {
  const { act, target, text } = drawn(message);
  if (act === "send") putBack([text, ...outbox.takeAllBack().filter((each) => each.act === "send").map((each) => each.text)]);
  if (act === "edit_save") openEditor(target, text);
};

/** @type {(message: Message, outcome: import("./outbox.js").Outcome) => void} */
const ended = (message, outcome) => {
  if (outcome === "unheard") redraw(message, true);
  if (outcome === "sent" && message.isUnwanted) find(message.lane === "chat" ? "#chat-stop" : "#compare-stop")?.click();
  if (outcome === "too_long") tooLong = drawn(message);
  if (outcome === "sent") tooLong = null;
  if (outcome === "refused" || outcome === "unheard" || (outcome === "too_long" && tooLong?.act === "send"))
    giveBack(message);
};

/** @type {(message: Message) => Element} A line over the composer: what waits, for what, and the way back. */
const line = (message) => {
  const back = make("button", { type: "button", className: "ds-act ds-pill", name: "take_back", value: message.key });
  back.textContent = word("back");
  return make(
    "div",
    { className: "ds-unsent" },
    make("span", { className: "ds-unsent-text", textContent: message.text }),
    make("small", { textContent: word(hindrance(message) || "writing") }),
    back,
  );
};

const show = () => {
  const place = find("#outbox") ?? find("#shell-outbox");
  if (!place) return;
  const stuck = isOnline() ? undefined : outbox.going("chat");
  const rows = [...(stuck ? [stuck] : []), ...outbox.waiting().filter(({ lane }) => lane === "chat")];
  place.replaceChildren(...rows.map(line));
};

/** @type {(key: string) => void} */
export const takeBack = (key) => {
  if (outbox.going("chat")?.key === key) return outbox.giveUpGoing("chat");
  const message = outbox.takeBack(key);
  if (message?.act === "send") putBack([message.text]);
  else if (message?.act === "edit_save") openEditor(message.target, message.text);
};

/** @type {(text: string) => void} A message of the page's own, whatever is being written. */
export const sendText = (text) => outbox.submit({ act: "send", text });

/** Send what is written in the composer. */
const sendWritten = (field = find(FIELDS.message)) => {
  const text = field.value;
  if (!text.trim()) return find("#page-note") && note("empty");
  write(field, "");
  sendText(text);
};

/** @type {(button: any) => void} Retry, Continue, Answer now: not again while one is on its way. */
export const sendAct = ({ name, value }) => {
  if (outbox.going("chat")) return;
  if (!isOnline()) return note("nothing");
  outbox.submit({ act: name, target: value });
};

/** @type {(turn: string, text: string) => void} */
export const sendEdit = (turn, text) => outbox.submit({ act: "edit_save", target: turn, text });

/** @type {(button: any) => void} Send what was too long in a way that was chosen; a new message as it is written now. */
export const sendFitting = ({ value }) => {
  const field = find(FIELDS.message);
  const isNew = !tooLong || tooLong.act === "send";
  const text = isNew ? field.value : tooLong?.text;
  if (isNew) write(field, "");
  outbox.submit({ act: "fit", target: value, text });
};

/** Go back to writing; what was edited is edited further. */
export const cancelFit = () => {
  ask("fit_cancel");
  if (tooLong?.act === "edit_save") openEditor(tooLong.target, tooLong.text);
  tooLong = null;
};

const compare = () => {
  const text = find(FIELDS.question).value;
  if (!text.trim()) return note("empty");
  if (outbox.going("compare") || find("#compare-stop")) return note("comparing");
  if (!isOnline()) return note("nothing");
  outbox.submit({ act: "compare", text, lane: "compare" });
};

/** @type {(lane: "chat" | "compare") => void} What the server has not heard of, it cannot stop. */
const stop = (lane) => {
  if (outbox.stopGoing(lane) && !isOnline()) outbox.giveUpGoing(lane);
};

/** What was sent before there was anything to send it. */
const takeFromShell = () => {
  for (const row of findAll("#shell-outbox > [data-text]")) {
    row.remove();
    sendText(row.dataset.text);
  }
};

/** @type {() => void} The page is built: what is being written goes on in its own field. */
const leaveShell = () => {
  const shell = find("#shell");
  const early = find("#shell-input");
  const field = find(FIELDS.message);
  if (!shell) return;
  const { value, selectionStart, selectionEnd } = early;
  const hadFocus = document.activeElement === early;
  if (!field) keepDraft(value);
  else if (value !== field.value) write(field, value);
  shell.remove();
  if (!field || !hadFocus) return;
  field.focus();
  if (value) field.setSelectionRange(selectionStart, selectionEnd);
};

/** @type {(field: HTMLTextAreaElement) => void} Not in the middle of a word that is being composed. */
const leaveShellSoon = (early) => {
  let isInWord = false;
  early.addEventListener("compositionstart", () => (isInWord = true));
  early.addEventListener("compositionend", () => (isInWord = false));
  // A field that has only just been built is still to be filled by Gradio.
  whenBuilt([SEEN_FIRST, "#page-events", "#chatbot"], () => {
    const leave = () => (isInWord || isOpening() ? setTimeout(leave, LEAVE_MS) : leaveShell());
    setTimeout(leave, LEAVE_MS);
  });
};

/** @type {(event: KeyboardEvent) => void} */
const hearEnter = (event) => {
  if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
  const field = around(event, `${FIELDS.message}, #shell-input`);
  if (!field && !around(event, FIELDS.question)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (field) sendWritten(field);
  else compare();
};

/** @type {(event: Event) => void} */
const hearClick = (event) => {
  if (around(event, "#chat-send")) sendWritten();
  if (around(event, "#compare-send")) compare();
  if (around(event, "#chat-stop")) stop("chat");
  if (around(event, "#compare-stop")) stop("compare");
};

const look = async () => {
  const wasLost = isLost;
  if (isLost || outbox.isUnheard(UNHEARD_MS)) isLost = !(await isServerThere());
  if (!isOnline()) return wasLost || show();
  outbox.repeat(UNHEARD_MS);
  outbox.flush();
  if (wasLost) show();
};

/** What was sent before a reload goes once the chats are back. */
export const goOn = () => outbox.open();

export const hearSending = () => {
  /** @type {(message: Message) => Promise<any>} */
  const send = ({ act, target, text, key }) => ask(act, target, text, key);
  const keeps = hasComponent("chats-place");
  outbox.start({ keeps, chat: current, hindrance, send, goes: (message) => redraw(message, false), ended, changed: show });
  document.addEventListener("keydown", hearEnter, true);
  document.addEventListener("click", hearClick, true);
  for (const kind of ["online", "offline"]) addEventListener(kind, () => [show(), look()]);
  setInterval(look, LOOK_MS);
  takeFromShell();
  whenBuilt(["#shell-input"], leaveShellSoon);
  whenNamed(outbox.adopt);
  watchUploads(() => outbox.flush());
  watchChats(() => [show(), outbox.flush()]);
  whenBuilt(["#outbox", "#composer-row"], (_, row) => {
    show();
    new MutationObserver(() => outbox.flush()).observe(row, { subtree: true, childList: true });
  });
};
