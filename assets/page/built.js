// Gradio builds some parts of the page later than others, on a slow line by seconds. dsBuilt(["#one", "#other"], use)
// calls use(one, other) as soon as both are there: at once, or before anybody sees them.
window.dsBuilt = (selectors, use) => {
  const look = () => {
    const found = selectors.map((selector) => document.querySelector(selector));
    if (!found.every(Boolean)) return;
    observer.disconnect();
    use(...found);
  };
  const observer = new MutationObserver(look);
  observer.observe(document.documentElement, { childList: true, subtree: true });
  look();
};
