// Panels beside the page: nobody gets into a closed one, Escape closes, one at a time on each side (one in all where
// they cover the page). A panel "x" is opened and closed by the element "x-open"; see ui/panel.py.
(() => {
  const opened = []; // the last one opened comes last
  const isOpen = (panel) => panel.classList.contains("open");
  const isRight = (panel) => panel.classList.contains("right");
  const opener = (panel) => document.getElementById(`${panel.id}-open`);
  const toggle = (panel) => panel.querySelector(":scope > .toggle-button").click();
  const covers = (panel) => panel.offsetWidth > innerWidth / 2;

  const name = (panel) => {
    const head = panel.querySelector("h2");
    const text = head ? head.textContent : panel.id;
    const close = panel.querySelector(":scope > .toggle-button");
    panel.setAttribute("role", "region");
    panel.setAttribute("aria-label", text);
    panel.tabIndex = -1;
    close.dataset.label = (head && head.dataset.sayClose) || "Close";
    close.setAttribute("aria-label", `${close.dataset.label}: ${text}`);
    opener(panel)?.setAttribute("aria-controls", panel.id);
  };

  const settle = (panel, panels) => {
    const open = isOpen(panel);
    const hadFocus = panel.contains(document.activeElement);
    panel.inert = !open;
    opener(panel)?.setAttribute("aria-expanded", String(open));
    const place = opened.indexOf(panel);
    if (place >= 0 === open) return;
    if (!open) {
      opened.splice(place, 1);
      if (hadFocus || document.activeElement === document.body) opener(panel)?.focus();
      return;
    }
    opened.push(panel);
    for (const other of panels)
      if (other !== panel && isOpen(other) && (isRight(other) === isRight(panel) || covers(panel))) toggle(other);
    if (!panel.contains(document.activeElement)) panel.focus({ preventScroll: true });
  };

  const adopt = (panels) => {
    for (const panel of panels) {
      name(panel);
      if (isOpen(panel)) opened.push(panel);
      settle(panel, panels);
      new MutationObserver(() => settle(panel, panels)).observe(panel, { attributeFilter: ["class"] });
    }
    document.addEventListener("click", (event) => {
      const panel = panels.find((each) => opener(each)?.contains(event.target));
      if (panel) toggle(panel);
    });
  };

  // Before anybody else hears of the key: in a panel Escape means the panel.
  document.addEventListener(
    "keydown",
    (event) => {
      const at = document.activeElement;
      const isBusy = document.querySelector(':popover-open, dialog[open], [role="listbox"]');
      const panel = opened.find((each) => each.contains(at)) || (at === document.body && opened.at(-1));
      if (event.key !== "Escape" || event.isComposing || isBusy || !panel) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      toggle(panel);
    },
    true,
  );

  const mounted = new MutationObserver(() => {
    const panels = [...document.querySelectorAll(".sidebar[id]")];
    if (!panels.length || panels.some((panel) => !panel.querySelector("h2"))) return;
    mounted.disconnect();
    adopt(panels);
  });
  mounted.observe(document.documentElement, { childList: true, subtree: true });
})();
