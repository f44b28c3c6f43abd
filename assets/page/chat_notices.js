// What is told of the chats: the words for it, which the page has in its reader's language, and the notice.
import { find, make } from "./elements.js";

const NOTICE_MS = 8000;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let ending;

/** @type {(name: string) => string} */
export const words = (name) => find("#chats").dataset[`say${name[0].toUpperCase()}${name.slice(1)}`];

/** @type {(text: string, undo?: () => void) => void} */
export const tell = (text, undo) => {
  const toast = find("#chats-toast");
  clearTimeout(ending);
  toast.replaceChildren(make("span", { textContent: text }));
  if (undo) {
    const onclick = () => [undo(), toast.hidePopover()];
    toast.append(make("button", { type: "button", textContent: words("undo"), onclick }));
  }
  toast.showPopover();
  ending = setTimeout(() => toast.hidePopover(), NOTICE_MS);
};

/**
 * What became of the chats in a file, in one sentence for each that became of any.
 * @type {(counts: { added: number, known: number, twice: number }, words: (name: string) => string) => string}
 */
export const importedText = ({ added, known, twice }, words) => {
  const told = { imported: added, twice, known };
  const said = Object.entries(told).filter(([, count]) => count);
  if (!said.length) return words("nothing");
  return said.map(([name, count]) => words(name).replace("{count}", String(count))).join(" ");
};
