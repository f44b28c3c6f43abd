// What is copied is what was written: takes out the invisible signs that ui/html/render.py puts in so that text stays text.
import { mendCopies } from "./gradio.js";
import { make } from "./elements.js";

/** @type {(text: string) => string} */
export const plain = (text) =>
  text
    .replace(/[\u2063\u2064]/g, "")
    .replace(/([<!]|```)\u2060|\u2060(?=\t)/g, "$1")
    .replace(/&#(0\d{3,});/g, (_, code) => String.fromCodePoint(Number(code)));

/** @type {(text: string) => void} Where the browser has no clipboard for pages, as over plain HTTP. */
const copyInsecurely = (text) => {
  const field = make("textarea", { value: text });
  field.style.cssText = "position: fixed; opacity: 0";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
};

/** @type {(text: Promise<string>) => Promise<void>} */
export const copyText = async (text) => {
  if (!navigator.clipboard) return copyInsecurely(await text);
  if (!window.ClipboardItem) return navigator.clipboard.writeText(await text);
  // Safari allows a copy only while the click is being handled, so the text is promised.
  const blob = text.then((whole) => new Blob([whole], { type: "text/plain" }));
  await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
};

export const keepCopiesPlain = () => {
  mendCopies(plain);
  document.addEventListener("copy", (event) => {
    const field = /** @type {any} */ (document.activeElement);
    if (/^(INPUT|TEXTAREA)$/.test(field?.tagName) && field.selectionStart !== field.selectionEnd) return;
    const selected = String(window.getSelection());
    const cleaned = plain(selected);
    if (cleaned === selected) return;
    event.clipboardData?.setData("text/plain", cleaned);
    event.preventDefault();
  });
};
