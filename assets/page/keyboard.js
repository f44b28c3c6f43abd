// Keys for what is done often, and the sheet that lists them.
(() => {
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  const find = (selector) => document.querySelector(selector);
  const shown = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
  const press = (selector) => {
    const button = shown(selector).at(-1);
    if (button) button.click();
    return Boolean(button);
  };
  const field = () => find("#chat-input textarea");
  const goToField = () => {
    if (!field().checkVisibility()) find("#tabs [role=tab]").click();
    requestAnimationFrame(() => field().focus()); // once its tab is shown
    return true;
  };
  const openSheet = () => {
    find("#help-sheet").showModal();
    return true;
  };
  const copyLast = () => {
    const isThere = press('#chatbot .ds-act[name="copy"]:enabled');
    if (isThere) dsAccess.announce("sayCopied");
    return isThere;
  };

  // By place on the keyboard, so that they are the same in every layout.
  const MOD_KEYS = {
    KeyN: () => press('.ds-act[name="new"]'),
    KeyI: goToField,
    KeyC: copyLast,
    KeyM: () => press("#models-open"),
    KeyP: () => press("#parameters-open"),
    ArrowUp: () => window.dsChatList?.step(-1),
    ArrowDown: () => window.dsChatList?.step(1),
  };

  const isText = (target) => target.closest?.("input, textarea, select, [contenteditable=true]") !== null;
  const MODS = isMac ? ["Control", "Shift"] : ["Alt"];
  const hasMod = (event) =>
    ["Control", "Shift", "Alt", "Meta"].every((key) => event.getModifierState(key) === MODS.includes(key));

  const run = (event) => {
    if (hasMod(event)) return MOD_KEYS[event.code]?.();
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Escape" && !shown("dialog[open], :popover-open, [role=listbox]").length) {
      return press("#chat-stop, #code-stop");
    }
    if (event.key === "?" && !isText(event.target) && find("#single-keys").checked) return openSheet();
    if (event.key === "ArrowUp" && event.target === field() && !field().value) return press('#chatbot .ds-act[name="edit"]:enabled');
    return false;
  };

  // While a word is being composed, as in Chinese, every key belongs to the input method.
  const isComposing = (event) => event.isComposing || event.keyCode === 229;
  for (const type of ["keydown", "keypress"]) {
    document.addEventListener(type, (event) => isComposing(event) && event.stopPropagation(), true);
  }
  document.addEventListener("keydown", (event) => {
    if (!event.defaultPrevented && !isComposing(event) && run(event)) event.preventDefault();
  });

  // The field has the focus from the start, so that one can write at once, also with an input method. The first Tab goes
  // to the top of the page all the same, as if nothing had it yet.
  let isUntouched = true;
  const touch = (event) => event.isTrusted && (isUntouched = false);
  for (const type of ["pointerdown", "input"]) document.addEventListener(type, touch, true);
  document.addEventListener("keydown", (event) => {
    const isFirst = isUntouched && event.key === "Tab" && !event.shiftKey && event.target === field();
    touch(event);
    if (!isFirst) return;
    event.preventDefault();
    find(".ds-skip").focus();
  }, true);

  document.addEventListener("click", (event) => {
    if (event.target.closest("#help-open")) openSheet();
    if (event.target.closest("#help-close")) find("#help-sheet").close();
    if (event.target.closest(".ds-skip")) {
      event.preventDefault();
      const here = shown("#code-task textarea, #compare-input textarea")[0];
      if (here) here.focus();
      else goToField();
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "single-keys") dsKept.always.set("ds-single-keys", event.target.checked);
  });

  dsBuilt(["#help-sheet"], () => {
    find("#single-keys").checked = dsKept.always.get("ds-single-keys") !== "false";
    for (const key of document.querySelectorAll("kbd[data-mod]")) key.textContent = isMac ? "⌃ ⇧" : "Alt";
  });
})();
