// The page's own buttons: <button class="ds-act" name="retry" value="…"> asks the server to do "retry" to "…", wherever
// it stands. ui/parts/page_events.py hears it. An act whose name is in `here` is done in the page, perhaps with its help.
window.dsPage = (() => {
  const waiting = new Map();
  let number = 0;
  const early = []; // what is asked before the page listens
  let send = (asked) => early.push(asked);

  // What an event has no room for goes as a file; see ui/parts/sent_text.py.
  const LONG = 100_000; // characters
  const upload = async (content) => {
    const form = new FormData();
    form.append("files", content instanceof File ? content : new Blob([content]), "text");
    const reply = await fetch("gradio_api/upload", { method: "POST", body: form });
    if (!reply.ok) throw new Error(await reply.text());
    return (await reply.json())[0];
  };

  // Ask for an act with a text or a file; the promise holds the answer, for acts that are answered.
  const ask = (act, target = "", content = "") =>
    new Promise((resolve) => {
      const own = ++number;
      waiting.set(own, resolve);
      if (typeof content === "string" && content.length <= LONG) send({ act, target, text: content, number: own });
      else
        upload(content).then(
          (file) => send({ act, target, file, number: own }),
          (error) => hear({ number: own, error: error.message }),
        );
    });

  const hear = (answer) => {
    waiting.get(answer?.number)?.(answer);
    waiting.delete(answer?.number);
  };

  const writeInsecurely = (text) => {
    const field = Object.assign(document.createElement("textarea"), { value: text });
    field.style.cssText = "position: fixed; opacity: 0";
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  };

  const copy = async (button, text = ask(button.name, button.value).then((answer) => answer.text)) => {
    if (!navigator.clipboard) writeInsecurely(await text);
    else if (window.ClipboardItem) {
      // Safari allows a copy only while the click is being handled, so the text is promised.
      const blob = text.then((plain) => new Blob([plain], { type: "text/plain" }));
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    } else await navigator.clipboard.writeText(await text);
    flash(button, "is-done", 1500);
  };

  const flash = (button, name, duration) => {
    button.classList.add(name);
    setTimeout(() => button.classList.remove(name), duration);
  };

  // What cannot be undone wants a second click.
  const twice = (button) => {
    if (!button.classList.contains("is-asking")) return flash(button, "is-asking", 4000);
    button.classList.remove("is-asking");
    ask(button.name, button.value);
  };

  const edit = async (button) => {
    const turn = button.value;
    editAgain(turn, await ask("edit", turn));
  };

  const editAgain = (turn, answer) => {
    const place = document.querySelector(`.ds-act[name="edit"][value="${CSS.escape(turn)}"]`);
    const row = place?.closest(".message-row");
    if (row && !row.querySelector(".ds-editor")) openEditor(row, turn, answer);
  };

  const openEditor = (row, turn, { text, save, cancel, label }) => {
    const element = (tag, properties) => Object.assign(document.createElement(tag), properties);
    const question = row.previousElementSibling;
    const editor = element("form", { className: "ds-editor" });
    const field = element("textarea", { value: text, rows: 1, ariaLabel: label });
    const buttons = element("div", { className: "ds-editor-buttons" });
    buttons.append(
      element("button", { type: "button", textContent: cancel, className: "ds-pill", onclick: () => close() }),
      element("button", { type: "submit", textContent: save, className: "ds-pill is-main" }),
    );
    editor.append(field, buttons);

    const fit = () => {
      field.style.height = "auto";
      field.style.height = `${Math.min(field.scrollHeight + 2, 360)}px`;
    };
    // Gradio draws another turn into the same elements when another branch is shown.
    const watcher = new MutationObserver(() => {
      if (!row.isConnected || row.querySelector('.ds-act[name="edit"]')?.value !== turn) close();
    });
    const close = () => {
      const hadFocus = editor.contains(document.activeElement);
      watcher.disconnect();
      editor.remove();
      row.classList.remove("is-edited");
      question.hidden = false;
      if (hadFocus) row.querySelector('.ds-act[name="edit"]')?.focus();
    };
    editor.onsubmit = (event) => {
      event.preventDefault();
      if (!field.value.trim()) return;
      ask("edit_save", turn, field.value);
      close();
    };
    editor.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Escape") close();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) editor.requestSubmit();
    };
    field.oninput = fit;

    question.hidden = true;
    row.classList.add("is-edited");
    row.append(editor);
    watcher.observe(row.parentElement, { subtree: true, childList: true });
    fit();
    field.focus();
    field.setSelectionRange(text.length, text.length);
  };

  // A message that changes is drawn anew, its buttons too: who came by keyboard stays at the one that was pressed.
  const keepFocus = (button) => {
    const log = button.closest("[role=log]");
    const alike = () => [...document.querySelectorAll(`.ds-act[name="${button.name}"]`)];
    const place = alike().indexOf(button);
    if (!log) return;
    const watcher = new MutationObserver(() => {
      if (document.activeElement === document.body) alike()[place]?.focus();
    });
    watcher.observe(log, { subtree: true, childList: true });
    setTimeout(() => watcher.disconnect(), 1500);
  };

  // What was edited and did not fit is edited further.
  const cancelFit = async (button) => {
    const answer = await ask(button.name);
    if (answer.turn) editAgain(answer.turn, answer);
  };

  const press = (selector) => document.querySelector(selector)?.click();

  const here = {
    copy,
    copy_question: copy,
    share: (button) => copy(button, dsShare.linkTo(button.value)).catch(() => {}), // the server says why there is none
    edit,
    delete: twice,
    fit_cancel: cancelFit,
    open_models: () => press("#models-open"),
    open_code: () => press('[role=tab][aria-controls="code-page"]'),
  };

  // What appears under the pointer right after a click is not what a second click was meant for.
  const SLIP_MS = 1500;
  const SLIP_PX = 12;
  let last = null;
  const isSlip = (button, event) =>
    event.detail > 0 &&
    last !== null &&
    last.name !== button.name &&
    event.timeStamp - last.timeStamp < SLIP_MS &&
    Math.hypot(event.clientX - last.clientX, event.clientY - last.clientY) < SLIP_PX;

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".ds-act");
    if (!button || button.disabled) return;
    event.preventDefault();
    if (isSlip(button, event)) return;
    const { timeStamp, clientX, clientY } = event;
    last = { name: button.name, timeStamp, clientX, clientY };
    if (Object.hasOwn(here, button.name)) here[button.name](button);
    else ask(button.name, button.value);
    if (event.detail === 0) keepFocus(button);
  });

  return {
    ask,
    hear,
    connect: (trigger) => {
      send = trigger;
      early.splice(0).forEach(trigger);
    },
  };
})();
