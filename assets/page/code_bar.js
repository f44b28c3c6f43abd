// The bar over a block of code: its language, and buttons that break its long lines and copy it. Its HTML is a template
// of ui/html/code_bar.py. Whether lines are broken holds for all code of the page, and is remembered.
import { announce } from "./access.js";
import { copyText, plain } from "./clipboard.js";
import { isDiagram, turnDiagram } from "./diagrams.js";
import { around, find, findAll } from "./elements.js";
import { GRADIO } from "./gradio.js";
import { always } from "./kept.js";
import { openBlock } from "./workbench.js";

const WRAPS = "deepseek-space-wrap-code";
const DONE_MS = 1500;
const wraps = () => always.get(WRAPS) === "true";

/** @type {(classes: string) => string} The language that a fence was given, as it was written. */
export const languageOf = (classes) => plain(classes.match(/(?:^|\s)language-(\S+)/)?.[1] ?? "").replace(/\u2060/g, "");

/** @type {(wrap: any) => void} */
export const giveBar = (wrap) => {
  const template = find("#code-bar");
  if (!template || wrap.querySelector(".ds-code-bar")) return;
  const bar = template.content.firstElementChild.cloneNode(true);
  const language = languageOf(wrap.querySelector("code")?.className ?? "");
  bar.querySelector(".ds-code-language").textContent = language;
  if (isDiagram(language)) wrap.classList.add("is-diagram");
  else bar.querySelector('[data-code="turn"]').remove();
  bar.querySelector('[data-code="wrap"]').setAttribute("aria-pressed", String(wraps()));
  wrap.prepend(bar);
};

const showWrapping = () => {
  document.documentElement.classList.toggle("ds-wraps-code", wraps());
  for (const button of findAll('[data-code="wrap"]')) button.setAttribute("aria-pressed", String(wraps()));
};

/** @type {Record<string, (button: any) => unknown>} */
const DO = {
  wrap: () => {
    always.set(WRAPS, String(!wraps()));
    showWrapping();
  },
  turn: (button) => turnDiagram(button.closest(GRADIO.code)),
  open: (button) => {
    const code = button.closest(GRADIO.code);
    openBlock(plain(code.querySelector("pre").textContent), languageOf(code.querySelector("code")?.className ?? ""));
  },
  copy: async (button) => {
    const text = button.closest(GRADIO.code).querySelector("pre").textContent;
    await copyText(Promise.resolve(plain(text).replace(/\n$/, "")));
    announce("sayCopied");
    button.classList.add("is-done");
    setTimeout(() => button.classList.remove("is-done"), DONE_MS);
  },
};

/**
 * The button that was clicked. While an answer grows it may have been drawn anew between the finger's down and up: then
 * the click belongs to what is around it.
 * @type {(event: MouseEvent) => any}
 */
const clicked = (event) => {
  const at = event.detail ? document.elementFromPoint(event.clientX, event.clientY) : null;
  return around(event, "[data-code]") ?? (around(event, GRADIO.conversation) && at?.closest("[data-code]"));
};

export const hearCodeBars = () => {
  showWrapping();
  document.addEventListener("click", (event) => {
    const button = clicked(event);
    if (button) DO[button.dataset.code](button);
  });
};
