// Gradio collects notices of a kind in one box, each with its text once more; here each text is shown once, and the
// head, which would fold them, is no button around the one that closes them.
import { findAll } from "./elements.js";
import { GRADIO } from "./gradio.js";

const mend = () => {
  for (const head of findAll(GRADIO.toastHead)) {
    head.removeAttribute("role");
    head.removeAttribute("tabindex");
  }
  for (const box of findAll(GRADIO.toastBox)) {
    const seen = new Set();
    for (const item of box.querySelectorAll(GRADIO.toastItem)) {
      item.hidden = seen.has(item.textContent);
      seen.add(item.textContent);
    }
  }
};

export const mendToasts = () =>
  new MutationObserver(mend).observe(document.documentElement, { childList: true, subtree: true });
