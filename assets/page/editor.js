// Where a question is written anew, in the place of its message.
import { find, make, whenBuilt } from "./elements.js";
import { GRADIO, hasComponent, rowAbove } from "./gradio.js";
import { inTab } from "./kept.js";
import { word } from "./notes.js";

const MOST_PX = 360;
const OPENER = '.ds-act[name="edit"]';
const OPEN = "deepseek-space-editors"; // of this tab, with what is written in them
/** @type {(turn: string, text: string) => void} */
let send = () => {};

/** @type {() => Record<string, string>} */
const kept = () => JSON.parse(inTab.get(OPEN) ?? "{}");
/** @type {(turn: string, text?: string) => unknown} */
const keep = (turn, text) =>
  hasComponent("chats-place") && inTab.set(OPEN, JSON.stringify({ ...kept(), [turn]: text }));
/** @type {(turn: string) => any} */
const openerOf = (turn) => find(`${OPENER}[value="${CSS.escape(turn)}"]`);

/** @type {(turn: string, text: string) => void} Open the editor at a turn, once. */
export const openEditor = (turn, text) => {
  const row = openerOf(turn)?.closest(GRADIO.messageRow);
  if (row && !row.querySelector(".ds-editor")) open(row, turn, text);
};

/** @type {(sender: (turn: string, text: string) => void) => void} Those that were open before a reload are open again. */
export const hearEditors = (sender) => {
  send = sender;
  for (const [turn, text] of Object.entries(kept()))
    whenBuilt([`${OPENER}[value="${CSS.escape(turn)}"]`], () => setTimeout(() => openEditor(turn, text)));
};

/** @type {(row: any, turn: string, text: string) => void} */
const open = (row, turn, text) => {
  const question = rowAbove(row);
  const field = make("textarea", { value: text, rows: 1, ariaLabel: word("edit") });
  const buttons = make(
    "div",
    { className: "ds-editor-buttons" },
    make("button", { type: "button", textContent: word("cancel"), className: "ds-pill", onclick: () => close() }),
    make("button", { type: "submit", textContent: word("send"), className: "ds-pill is-main" }),
  );
  const editor = make("form", { className: "ds-editor" }, field, buttons);

  const fit = () => {
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight + 2, MOST_PX)}px`;
  };
  // Gradio draws another turn into the same elements when another branch is shown.
  const watcher = new MutationObserver(() => {
    if (!row.isConnected || row.querySelector(OPENER)?.value !== turn) close();
  });
  const close = () => {
    keep(turn);
    const hadFocus = editor.contains(document.activeElement);
    watcher.disconnect();
    editor.remove();
    row.classList.remove("is-edited");
    question.hidden = false;
    if (hadFocus) row.querySelector(OPENER)?.focus();
  };
  editor.onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!field.value.trim()) return;
    close();
    send(turn, field.value);
  };
  editor.onkeydown = (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    if (event.key === "Escape") close();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) editor.requestSubmit();
  };
  field.oninput = () => [fit(), keep(turn, field.value)];

  question.hidden = true;
  row.classList.add("is-edited");
  row.append(editor);
  watcher.observe(row.parentElement, { subtree: true, childList: true });
  keep(turn, text);
  fit();
  field.focus();
  field.setSelectionRange(text.length, text.length);
};
