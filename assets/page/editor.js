// Where a question is written anew, in the place of its message.
import { find, make } from "./elements.js";
import { GRADIO, rowAbove } from "./gradio.js";
import { ask } from "./server.js";

/** @typedef {{ text: string, save: string, cancel: string, label: string }} Words */
const MOST_PX = 360;
const OPENER = '.ds-act[name="edit"]';

/** @type {(turn: string, words: any) => void} Open the editor at a turn, once. */
export const editAt = (turn, words) => {
  const row = find(`${OPENER}[value="${CSS.escape(turn)}"]`)?.closest(GRADIO.messageRow);
  if (row && !row.querySelector(".ds-editor")) open(row, turn, words);
};

/** @type {(row: any, turn: string, words: Words) => void} */
const open = (row, turn, { text, save, cancel, label }) => {
  const question = rowAbove(row);
  const field = make("textarea", { value: text, rows: 1, ariaLabel: label });
  const buttons = make(
    "div",
    { className: "ds-editor-buttons" },
    make("button", { type: "button", textContent: cancel, className: "ds-pill", onclick: () => close() }),
    make("button", { type: "submit", textContent: save, className: "ds-pill is-main" }),
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
    ask("edit_save", turn, field.value);
    close();
  };
  editor.onkeydown = (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    if (event.key === "Escape") close();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) editor.requestSubmit();
  };
  field.oninput = fit;

  question.hidden = true;
  row.classList.add("is-edited");
  row.append(editor);
  watcher.observe(row.parentElement, { subtree: true, childList: true });
  fit();
  field.focus();
  field.setSelectionRange(text.length, text.length);
};
