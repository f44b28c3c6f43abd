// Gradio collects notices of a kind in one box, each with its text once more; here each text is shown once, and the
// head, which would fold them, is no button around the one that closes them.
(() => {
  new MutationObserver(() => {
    for (const head of document.querySelectorAll(".toast-header[role]")) {
      head.removeAttribute("role");
      head.removeAttribute("tabindex");
    }
    for (const box of document.querySelectorAll(".toast-messages")) {
      const seen = new Set();
      for (const item of box.querySelectorAll(".toast-message-item")) {
        item.hidden = seen.has(item.textContent);
        seen.add(item.textContent);
      }
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
