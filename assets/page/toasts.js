// Gradio collects notices of a kind in one box, each with its text once more; here each text is shown once.
(() => {
  new MutationObserver(() => {
    for (const box of document.querySelectorAll(".toast-messages")) {
      const seen = new Set();
      for (const item of box.querySelectorAll(".toast-message-item")) {
        item.hidden = seen.has(item.textContent);
        seen.add(item.textContent);
      }
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
