// What the page's scripts say, in the reader's language: the words are in the page (ui/html/outbox.py).
import { find } from "./elements.js";

const NOTE_MS = 5000;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let ending;

/** @type {(name: string) => string} */
export const word = (name) => {
  const said = `say${name[0].toUpperCase()}${name.slice(1)}`;
  return find("#page-note")?.dataset[said] ?? find("#shell")?.dataset.sayWaits ?? "";
};

/** @type {(text: string) => void} Say it for a moment, wherever on the page the reader is. */
export const tell = (text) => {
  const place = find("#page-note");
  clearTimeout(ending);
  place.textContent = text;
  place.showPopover();
  ending = setTimeout(() => place.hidePopover(), NOTE_MS);
};

/** @type {(name: string) => void} */
export const note = (name) => tell(word(name));

/** A part that is loaded later than the page: assets/shell/shell.js has it loaded again, as far as that helps. */
export const hearFailures = () => addEventListener("ds-part-failed", () => note("failed"));
