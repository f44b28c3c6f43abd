// What is drawn of Markdown, made easier to read: each block runs in its own direction, code has a bar, and a reader of
// the screen hears who speaks instead of raw text. Gradio draws a message anew as it grows, so all of it is done again.
import { giveBar } from "./code_bar.js";
import { drawDiagrams } from "./diagrams.js";
import { find } from "./elements.js";
import { GRADIO } from "./gradio.js";

const LONG_CELL = 24; // letters: such a cell is not to be squeezed to the width of one word

/** @type {(message: any) => void} */
const nameSpeaker = (message) => {
  const { sayQuestion, sayAnswer, sayThoughts } = find("#code-bar")?.dataset ?? {};
  const isSaid = !message.querySelector(".ds-acts, .ds-note, .ds-files, .ds-going-on");
  const isThought = message.querySelector(GRADIO.thoughts);
  const name = message.matches(GRADIO.question) ? sayQuestion : isThought ? sayThoughts : sayAnswer;
  if (!isSaid || !name) return message.removeAttribute("aria-label");
  if (message.getAttribute("aria-label") !== name) message.setAttribute("aria-label", name);
  message.setAttribute("role", "group");
};

/** @type {(text: any) => void} */
const mend = (text) => {
  for (const block of text.children) if (!block.dir && !block.matches(GRADIO.code)) block.dir = "auto";
  for (const code of text.querySelectorAll(GRADIO.code)) giveBar(code);
  for (const code of text.querySelectorAll("pre")) code.tabIndex = 0; // scrolled by key, however wide the page will be
  for (const cell of text.querySelectorAll("td:not(.is-long)"))
    if (cell.textContent.length > LONG_CELL) cell.classList.add("is-long");
  const message = text.closest(GRADIO.message);
  if (message) nameSpeaker(message);
};

const PROSE = `${GRADIO.conversation} ${GRADIO.text}`;

/** @type {(changes: MutationRecord[]) => void} */
const look = (changes) => {
  /** @type {Set<Element>} */
  const texts = new Set();
  for (const { target, addedNodes } of changes) {
    const around = target instanceof Element && target.closest(PROSE);
    if (around) texts.add(around);
    else
      for (const node of addedNodes)
        if (node instanceof Element) for (const text of node.querySelectorAll(GRADIO.text)) texts.add(text);
  }
  for (const text of texts) if (text.closest(PROSE)) mend(text);
  drawDiagrams(); // also those whose answer ends here
};

export const mendProse = () =>
  new MutationObserver(look).observe(document.documentElement, { subtree: true, childList: true });
