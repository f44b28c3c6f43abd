// For readers of the screen: news of the answer, and what Gradio's front end leaves nameless or out of reach.
window.dsAccess = (() => {
  const find = (selector) => document.querySelector(selector);
  const announce = (news) => {
    const place = find("#announcer");
    if (place) place.textContent = place.dataset[news];
  };
  const isWriting = () => [...document.querySelectorAll("#chat-stop, #code-stop")].some((stop) => stop.checkVisibility());

  // The arrow in the head of a thought is a second button without a name; code can be scrolled by key, however wide the
  // page will be.
  const mend = () => {
    for (const arrow of document.querySelectorAll(".thought-group .title .arrow:not([inert])")) arrow.inert = true;
    for (const code of document.querySelectorAll(".message-wrap pre:not([tabindex])")) code.tabIndex = 0;
    for (const row of document.querySelectorAll(".ds-named")) nameButtons(row);
  };

  // Save and Delete stand more than once in a panel.
  const nameButtons = (row) => {
    const label = row.querySelector("[data-testid=block-info]")?.textContent.trim();
    for (const button of row.querySelectorAll("button")) if (label) button.setAttribute("aria-label", `${button.textContent.trim()}: ${label}`);
  };

  // A conversation is called by its tab; of several in a tab each has its number.
  const nameLog = (log) => {
    const page = log.closest("[role=tabpanel]");
    const name = find(`[role=tab][aria-controls="${page?.id}"]`)?.textContent.trim();
    const alike = [...(page?.querySelectorAll("[role=log]") ?? [])];
    if (name) log.setAttribute("aria-label", alike.length > 1 ? `${name} ${alike.indexOf(log) + 1}` : name);
  };

  // The editor's colours on white, each made as dark as it must be to be read.
  const mendEditor = () => {
    if (find(".dark")) return;
    for (const sheet of [...document.adoptedStyleSheets, ...document.styleSheets]) {
      if (!sheet.href) for (const rule of sheet.cssRules) if (/^\.ͼ\w+$/.test(rule.selectorText)) darken(rule.style);
    }
  };
  const darken = (style) => {
    let rgb = asRgb(style.color);
    while (rgb && 1.05 / (luminance(rgb) + 0.05) < 4.6) rgb = rgb.map((value) => value * 0.95);
    if (rgb) style.color = `rgb(${rgb.map(Math.round).join(" ")})`;
  };
  const asRgb = (colour) => colour && colour.match(/^rgb\(([\d.]+), ([\d.]+), ([\d.]+)\)$/)?.slice(1).map(Number);
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((value) => ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };

  // A log that is read out letter by letter helps nobody: the beginning and the end of an answer are told.
  const listen = () => {
    let wasWriting = false;
    const look = () => {
      if (isWriting() !== wasWriting) announce(wasWriting ? "sayDone" : "sayWriting");
      wasWriting = isWriting();
      mend();
      mendEditor();
      if (!isWriting()) setTimeout(mend, 500); // the last words may be drawn after Stop has gone
    };
    const options = { subtree: true, childList: true, attributes: true, attributeFilter: ["class", "style"] };
    const watched = new WeakSet();
    const watch = (element, react, how) => {
      if (!element || watched.has(element)) return;
      watched.add(element);
      new MutationObserver(react).observe(element, how);
    };
    const adopt = () => {
      for (const row of document.querySelectorAll("#composer-row, #code-actions")) watch(row, look, options);
      // Only when messages come and go, not at each of their letters.
      for (const log of document.querySelectorAll("[role=log]")) {
        log.setAttribute("aria-live", "off");
        nameLog(log);
        watch(log, () => [adopt(), mend()], { childList: true });
        watch(log.firstElementChild, mend, { childList: true });
      }
      mend();
    };
    watch(document.body, mendEditor, { attributes: true, attributeFilter: ["class"] }); // another theme
    // What is in another tab is made when the tab is opened.
    watch(find("#tabs"), adopt, { childList: true, subtree: false });
    document.addEventListener("click", (event) => event.target.closest("[role=tab]") && setTimeout(adopt, 300));
    adopt();
  };

  dsBuilt(["#announcer", "#composer-row", "#chatbot [role=log]"], listen);

  return { announce };
})();
