// For readers of the screen: news of the answer, and what Gradio's front end leaves nameless or out of reach.
import { around, find, findAll, whenBuilt } from "./elements.js";
import { FIELDS, GRADIO, editorRules, rowsOf, tabOf } from "./gradio.js";

const LAST_WORDS_MS = 500; // the last words may be drawn after Stop has gone
const TAB_MS = 300;
const NAMED = [...FIELDS.named, "#presets-delete", "#system-prompts-delete"];

/** @type {(news: "sayWriting" | "sayDone" | "sayCopied") => void} */
export const announce = (news) => {
  const place = find("#announcer");
  if (place) place.textContent = place.dataset[news];
};
const isWriting = () => findAll("#chat-stop, #code-stop").some((stop) => stop.checkVisibility());

/** @type {(row: Element) => void} Save and Delete stand more than once in a panel, and an empty list says nothing. */
const nameParts = (row) => {
  const label = row.querySelector(GRADIO.blockLabel)?.textContent?.trim();
  const list = row.querySelector("input");
  if (list) list.placeholder = find("#announcer").dataset.sayNamed;
  for (const button of row.querySelectorAll("button"))
    if (label) button.setAttribute("aria-label", `${button.textContent?.trim()}: ${label}`);
};

// The arrow in the head of a thought is a second button without a name; a table that is wider than the page is now can
// be scrolled by key.
const mend = () => {
  for (const arrow of findAll(`${GRADIO.thoughtArrow}:not([inert])`)) arrow.inert = true;
  for (const place of findAll(`${GRADIO.beforeAnswers}[role]`)) place.removeAttribute("role");
  for (const table of findAll(`${GRADIO.conversation} table:not([tabindex])`))
    if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
};

/** @type {(log: Element) => void} A conversation is called by its tab; of several in a tab each has its number. */
const nameLog = (log) => {
  const page = log.closest(GRADIO.tabPage);
  const name = page && find(tabOf(page.id))?.textContent.trim();
  const alike = [...(page?.querySelectorAll(GRADIO.conversation) ?? [])];
  if (name) log.setAttribute("aria-label", alike.length > 1 ? `${name} ${alike.indexOf(log) + 1}` : name);
};

/** @type {(rgb: number[]) => number} As WCAG counts it. */
const luminance = (rgb) => {
  const [red, green, blue] = rgb.map((value) => ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

/**
 * A colour as dark as it must be to be read on white; nothing for what is no plain colour.
 * @type {(colour: string) => string | null}
 */
export const readable = (colour) => {
  let rgb = colour
    .match(/^rgb\(([\d.]+), ([\d.]+), ([\d.]+)\)$/)
    ?.slice(1)
    .map(Number);
  if (!rgb) return null;
  while (1.05 / (luminance(rgb) + 0.05) < 4.6) rgb = rgb.map((value) => value * 0.95);
  return `rgb(${rgb.map(Math.round).join(" ")})`;
};

// The editor's colours on white.
const mendEditor = () => {
  if (find(GRADIO.dark) || !find(GRADIO.editor)) return;
  for (const { style } of editorRules()) {
    const colour = readable(style.color);
    if (colour) style.color = colour;
  }
};

/** @type {() => (element: Element | null, react: () => void, how: MutationObserverInit) => void} Watches each once. */
const watcher = () => {
  const watched = new WeakSet();
  return (element, react, how) => {
    if (!element || watched.has(element)) return;
    watched.add(element);
    new MutationObserver(react).observe(element, how);
  };
};

// A log that is read out letter by letter helps nobody: the beginning and the end of an answer are told.
const listen = () => {
  let wasWriting = false;
  const watch = watcher();
  const look = () => {
    if (isWriting() !== wasWriting) announce(wasWriting ? "sayDone" : "sayWriting");
    wasWriting = isWriting();
    mend();
    mendEditor();
    if (!isWriting()) setTimeout(mend, LAST_WORDS_MS);
  };
  const seen = { subtree: true, childList: true, attributes: true, attributeFilter: ["class", "style"] };
  const adopt = () => {
    for (const row of findAll("#composer-row, #code-actions")) watch(row, look, seen);
    // Only when messages come and go, not at each of their letters.
    for (const log of findAll(GRADIO.conversation)) {
      log.setAttribute("aria-live", "off");
      nameLog(log);
      watch(log, () => [adopt(), mend()], { childList: true });
      watch(rowsOf(log), mend, { childList: true });
    }
    mend();
  };
  watch(document.body, mendEditor, { attributes: true, attributeFilter: ["class"] }); // another theme
  // What is in another tab is made when the tab is opened.
  watch(find("#tabs"), adopt, { childList: true, subtree: false });
  document.addEventListener("click", (event) => around(event, GRADIO.tab) && setTimeout(adopt, TAB_MS));
  adopt();
};

export const serveReaders = () => {
  whenBuilt(["#announcer", "#composer-row", `#chatbot ${GRADIO.conversation}`], listen);
  whenBuilt(["#announcer", ...NAMED], () => findAll(".ds-named").forEach(nameParts));
  whenBuilt(["#announcer", "#chat-maths"], (place, button) => (button.title = place.dataset.sayMaths));
};
