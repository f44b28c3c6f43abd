// Gradio's front end has some words in English alone. Where the page is in another language they are said in that one;
// ui/html/page_tools.py has the dictionary.
(() => {
  const SPOKEN = ["aria-label", "title", "alt"];
  const words = new Map();
  const beginnings = new Map();

  const told = (text) => {
    const said = text.trim();
    const whole = words.get(said);
    if (whole !== undefined) return whole;
    for (const [start, word] of beginnings) if (said.startsWith(start)) return word + said.slice(start.length).trim();
    return text;
  };

  const mend = (element) => {
    for (const name of SPOKEN) {
      const text = element.getAttribute(name) ?? "";
      const better = told(text);
      if (better !== text) element.setAttribute(name, better);
    }
    if (element.matches("[data-testid=toast-text]")) {
      const better = told(element.textContent);
      if (better !== element.textContent) element.textContent = better;
    }
  };

  const mendAll = (root) => {
    mend(root);
    root.querySelectorAll("[aria-label], [title], [alt], [data-testid=toast-text]").forEach(mend);
  };

  const learn = (dictionary) => {
    for (const entry of dictionary.children)
      (entry.classList.contains("is-begun") ? beginnings : words).set(entry.value, entry.textContent);
    mendAll(document.body);
    new MutationObserver((changes) => {
      for (const { type, target, addedNodes } of changes)
        if (type === "attributes") mend(target);
        else for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) mendAll(node);
    }).observe(document.body, { subtree: true, childList: true, attributeFilter: SPOKEN });
  };

  if (document.documentElement.lang === "en") return;
  dsBuilt(["#gradio-words"], learn);
})();
