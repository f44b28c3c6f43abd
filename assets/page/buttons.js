// The page's own buttons: <button class="ds-act" name="retry" value="…"> asks the server to do "retry" to "…", wherever
// it stands. An act whose name is in HERE is done in the page, perhaps with the server's help.
import { copyText } from "./clipboard.js";
import { openEditor } from "./editor.js";
import { around, find, findAll } from "./elements.js";
import { GRADIO, tabOf } from "./gradio.js";
import { keptChat } from "./history.js";
import { note } from "./notes.js";
import { cancelFit, sendAct, sendFitting, sendText, takeBack } from "./sending.js";
import { ask } from "./server.js";
import { linkTo } from "./share.js";
import { openAnswer } from "./workbench.js";

const DONE_MS = 1500;
const ASKING_MS = 4000;
const REDRAWN_MS = 1500;

/** @type {(button: Element, name: string, duration: number) => void} */
const flash = (button, name, duration) => {
  button.classList.add(name);
  setTimeout(() => button.classList.remove(name), duration);
};

/** @type {(button: any, text?: Promise<string>) => Promise<void>} */
const copy = async (button, text = ask(button.name, button.value).then((answer) => answer.text)) => {
  await copyText(text);
  flash(button, "is-done", DONE_MS);
};

/** @type {(button: any) => void} What cannot be undone wants a second click. */
const twice = (button) => {
  if (!button.classList.contains("is-asking")) return flash(button, "is-asking", ASKING_MS);
  button.classList.remove("is-asking");
  ask(button.name, button.value);
};

/** @type {(turn: string) => Promise<string>} As this browser keeps it, so that it needs no connection. */
const questionOf = async (turn) => {
  const chat = await keptChat();
  const kept = chat?.turns.find((each) => each.id === turn);
  if (!kept && !navigator.onLine) note("nothing");
  return kept ? kept.question : (await ask("edit", turn)).text;
};

/** @type {Record<string, (button: any) => unknown>} */
const HERE = {
  copy: (button) => copy(button),
  copy_question: (button) => copy(button),
  share: (button) => copy(button, linkTo(button.value)).catch(() => {}), // the server says why there is none
  edit: async ({ value }) => openEditor(value, await questionOf(value)),
  delete: twice,
  retry: sendAct,
  retry_plain: sendAct,
  retry_thinking: sendAct,
  go_on: sendAct,
  answer_now: sendAct,
  fit: sendFitting,
  fit_cancel: cancelFit,
  take_back: ({ value }) => takeBack(value),
  start: (button) => sendText(button.lastElementChild.textContent),
  file_prompt: ({ value }) => sendText(value),
  open_models: () => find("#models-open")?.click(),
  open_api: () => {
    find("#page-menu").hidePopover();
    find(GRADIO.apiButton)?.click();
  },
  answer_open: ({ value }) => openAnswer(value),
  open_code: () => find(tabOf("code-page"))?.click(),
};

/** @type {(button: any) => void} A message that changes is drawn anew, its buttons too: who came by keyboard stays at
 * the one that was pressed. */
const keepFocus = (button) => {
  const log = button.closest(GRADIO.conversation);
  const alike = () => findAll(`.ds-act[name="${button.name}"]`);
  const place = alike().indexOf(button);
  if (!log) return;
  const watcher = new MutationObserver(() => {
    if (document.activeElement === document.body) alike()[place]?.focus();
  });
  watcher.observe(log, { subtree: true, childList: true });
  setTimeout(() => watcher.disconnect(), REDRAWN_MS);
};

/** @typedef {{ name: string, timeStamp: number, clientX: number, clientY: number }} Click */
const SLIP_MS = 1500;
const SLIP_PX = 12;

/**
 * What appears under the pointer right after a click is not what a second click was meant for.
 * @type {(last: Click | null, now: Click & { detail: number }) => boolean}
 */
export const isSlip = (last, { name, detail, timeStamp, clientX, clientY }) =>
  detail > 0 &&
  last !== null &&
  last.name !== name &&
  timeStamp - last.timeStamp < SLIP_MS &&
  Math.hypot(clientX - last.clientX, clientY - last.clientY) < SLIP_PX;

export const hearButtons = () => {
  /** @type {Click | null} */
  let last = null;
  document.addEventListener("click", (event) => {
    const button = around(event, ".ds-act");
    if (!button || button.disabled) return;
    event.preventDefault();
    const { detail, timeStamp, clientX, clientY } = event;
    const now = { name: button.name, detail, timeStamp, clientX, clientY };
    if (isSlip(last, now)) return;
    last = now;
    if (Object.hasOwn(HERE, button.name)) HERE[button.name](button);
    else ask(button.name, button.value);
    if (detail === 0) keepFocus(button);
  });
};
