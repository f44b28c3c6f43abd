// The reader's language: the choice in the menu, and Gradio's words that are English whatever the language.
import { around, whenBuilt } from "./elements.js";
import { GRADIO } from "./gradio.js";

const COOKIE = "ds-language"; // ui/words/language.py reads it
const SPOKEN = ["aria-label", "title", "alt"];
/** @typedef {Map<string, string>} Words */

/**
 * What a text is called in the reader's language: as a whole, or by how it begins; else the text.
 * @type {(text: string, words: Words, beginnings: Words) => string}
 */
export const told = (text, words, beginnings) => {
  const said = text.trim();
  const whole = words.get(said);
  if (whole !== undefined) return whole;
  for (const [start, word] of beginnings) if (said.startsWith(start)) return word + said.slice(start.length).trim();
  return text;
};

/** @type {(dictionary: Element) => void} */
const learn = (dictionary) => {
  /** @type {Words} */
  const words = new Map();
  /** @type {Words} */
  const beginnings = new Map();
  for (const entry of /** @type {any} */ (dictionary).children)
    (entry.classList.contains("is-begun") ? beginnings : words).set(entry.value, entry.textContent);

  /** @type {(element: Element) => void} */
  const mend = (element) => {
    for (const name of SPOKEN) {
      const text = element.getAttribute(name) ?? "";
      const better = told(text, words, beginnings);
      if (better !== text) element.setAttribute(name, better);
    }
    if (!element.matches(GRADIO.toastText)) return;
    const better = told(element.textContent ?? "", words, beginnings);
    if (better !== element.textContent) element.textContent = better;
  };
  /** @type {(root: Element) => void} */
  const mendAll = (root) => {
    mend(root);
    root.querySelectorAll(`[aria-label], [title], [alt], ${GRADIO.toastText}`).forEach(mend);
  };

  mendAll(document.body);
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes)
      if (type === "attributes") mend(/** @type {Element} */ (target));
      else for (const node of addedNodes) if (node instanceof Element) mendAll(node);
  }).observe(document.body, { subtree: true, childList: true, attributeFilter: SPOKEN });
};

/** @type {(event: Event) => void} Remember the choice, and load the page anew in the other language. */
const choose = (event) => {
  const button = around(event, "#page-menu [data-language]"); // the editor of code has such elements too
  if (!button) return;
  // Framed by another site, as Spaces are, a cookie has to say so to be kept.
  const place = location.protocol === "https:" ? "SameSite=None; Secure; Partitioned" : "SameSite=Lax";
  document.cookie = `${COOKIE}=${button.dataset.language}; path=/; max-age=31536000; ${place}`;
  location.reload();
};

export const hearLanguage = () => {
  whenBuilt(["#page-menu"], (menu) =>
    menu.querySelector(`[data-language="${document.documentElement.lang}"]`)?.setAttribute("aria-current", "true"),
  );
  document.addEventListener("click", choose);
  if (document.documentElement.lang !== "en") whenBuilt(["#gradio-words"], learn);
};
