// The sidebar: draws the list of chats, searches it, and does what its menus say. What a chat is, dsHistory knows.
window.dsChatList = (() => {
  const DAY = 86_400_000;
  const WIDE = "(min-width: 1000px)"; // as in history.css: there the list stands beside the conversation
  const CLOSED = "deepseek-space-list-closed";
  const TOAST_MS = 8000;
  const find = (id) => document.getElementById(id);
  const words = (name) => dsHistory.words(name);
  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  let found = null; // ids, while something is searched for
  let renamed = null;
  let chosen = null; // the chat whose menu is open

  const period = (time) => {
    const midnight = new Date().setHours(0, 0, 0, 0);
    if (time >= midnight) return "today";
    return time >= midnight - DAY ? "yesterday" : "earlier";
  };

  const item = (chat) => {
    const isCurrent = chat.id === dsHistory.current();
    const name = element("button", { type: "button", className: "ds-chat-name", textContent: chat.title });
    if (isCurrent) name.setAttribute("aria-current", "true");
    name.onclick = () => openChat(chat.id);
    const more = element("button", { type: "button", className: "ds-chat-more", textContent: "⋯" });
    more.setAttribute("aria-label", `${words("more")}: ${chat.title}`);
    more.onclick = () => openMenu(more, find("chat-menu"), chat);
    const row = element("li", { className: "ds-chat" }, renamed === chat.id ? renamer(chat) : name, more);
    row.dataset.chat = chat.id;
    return row;
  };

  const renamer = (chat) => {
    const field = element("input", { value: chat.title, className: "ds-chat-field", ariaLabel: words("title"), maxLength: 200 });
    const end = (title) => {
      if (renamed !== chat.id) return;
      renamed = null;
      if (title) dsHistory.rename(chat.id, title);
      draw();
    };
    field.onkeydown = (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter") end(field.value);
      if (event.key === "Escape") end("");
      if (event.key === "Enter" || event.key === "Escape") event.stopPropagation();
    };
    field.onblur = () => end(field.value);
    return field;
  };

  const draw = () => {
    const place = find("chats-list");
    if (!place || (renamed && place.contains(document.activeElement) && document.activeElement.matches("input"))) return;
    const chats = dsHistory.list().filter((chat) => !found || found.has(chat.id));
    if (!chats.length) {
      place.replaceChildren(element("p", { className: "ds-chats-none", textContent: words(found ? "nomatch" : "empty") }));
      return;
    }
    const focused = document.activeElement?.closest?.(".ds-chat")?.dataset.chat;
    const groups = Map.groupBy ? Map.groupBy(chats, (chat) => period(chat.updated)) : grouped(chats);
    place.replaceChildren(
      ...[...groups].flatMap(([name, members]) => [
        element("h3", { textContent: words(name) }),
        element("ul", {}, ...members.map(item)),
      ]),
    );
    const field = place.querySelector(".ds-chat-field");
    if (field) field.select();
    else if (focused) place.querySelector(`[data-chat="${focused}"] .ds-chat-name`)?.focus();
  };

  const grouped = (chats) => {
    const groups = new Map();
    for (const chat of chats) groups.set(period(chat.updated), [...(groups.get(period(chat.updated)) ?? []), chat]);
    return groups;
  };

  const search = async () => {
    const asked = find("chats-search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (chat) => {
      const text = [chat.title, ...(chat.turns ?? []).flatMap((turn) => [turn.question, turn.answer])].join("\n").toLowerCase();
      return asked.every((word) => text.includes(word));
    };
    found = asked.length ? new Set((await dsHistory.all()).filter(has).map((chat) => chat.id)) : null;
    draw();
  };

  const tell = (text, action) => {
    const toast = find("chats-toast");
    clearTimeout(tell.timer);
    toast.replaceChildren(element("span", { textContent: text }));
    if (action) toast.append(element("button", { type: "button", textContent: words("undo"), onclick: () => [action(), toast.hidePopover()] }));
    toast.showPopover();
    tell.timer = setTimeout(() => toast.hidePopover(), TOAST_MS);
  };

  const isOver = () => !matchMedia(WIDE).matches;
  const toggle = () => find("chats").classList.toggle("open");
  const openChat = (id) => {
    if (isOver()) toggle();
    return dsHistory.open(id);
  };

  const openMenu = (button, menu, chat) => {
    chosen = chat;
    menu.showPopover();
    const { bottom, right } = button.getBoundingClientRect();
    menu.style.top = `${Math.min(bottom + 4, innerHeight - menu.offsetHeight - 8)}px`;
    menu.style.left = `${Math.max(8, right - menu.offsetWidth)}px`;
    menu.querySelector("button").focus();
  };

  const imported = ({ added, known, twice }) =>
    [
      `${words("imported")} ${added + twice}.`,
      twice ? `${words("twice")} ${twice}.` : "",
      known ? `${words("known")} ${known}.` : "",
    ].filter(Boolean).join(" ");

  const takeFile = async (file) => {
    const answer = await dsPage.ask("import_chats", file.name, file);
    tell(answer.error ? `${file.name}: ${answer.error}` : imported(await dsHistory.take(answer.chats)));
  };

  const names = () => Object.fromEntries(["you", "assistant", "thoughts", "prompt", "tokens", "speed", "broken"].map((name) => [name, words(name)]));
  const acts = {
    rename: () => [(renamed = chosen.id), draw()],
    "export-json": async () => dsFiles.saveJson([await dsHistory.get(chosen.id)]),
    "export-markdown": async () => dsFiles.saveMarkdown([await dsHistory.get(chosen.id)], names()),
    delete: async () => {
      const chat = await dsHistory.forget(chosen.id);
      tell(`${words("deleted")} ${chat.title}`, () => dsHistory.restore(chat));
    },
    import: () => find("chats-file").click(),
    "export-all-json": async () => dsFiles.saveJson(await dsHistory.all()),
    "export-all-markdown": async () => dsFiles.saveMarkdown(await dsHistory.all(), names()),
    "delete-all": () => find("chats-confirm").showModal(),
  };

  // Beside the page it is open unless the reader has closed it; over the page it is not.
  dsBuilt(["#chats"], (panel) => {
    if (!isOver() && dsKept.always.get(CLOSED) !== "true") panel.classList.add("open");
    panel.querySelector(".toggle-button").onclick = toggle;
    new MutationObserver(() => isOver() || dsKept.always.set(CLOSED, !panel.classList.contains("open"))).observe(panel, {
      attributeFilter: ["class"],
    });
    find("chats-search").oninput = search;
    find("chats-file").onchange = async ({ target }) => {
      await takeFile(target.files[0]);
      target.value = ""; // so that the same file can be chosen again
    };
    find("chats-confirm").onclose = ({ target }) => target.returnValue === "delete" && dsHistory.forgetAll();
    dsHistory.watch(() => (found ? search() : draw()));
  });

  document.addEventListener("pointerdown", ({ target }) => {
    const isOpen = find("chats")?.classList.contains("open");
    if (isOpen && isOver() && !target.closest("#chats, #chats-open, #chats-toast")) toggle();
  });

  document.addEventListener("click", (event) => {
    const all = event.target.closest?.("[data-menu]");
    if (all) openMenu(all, find(all.dataset.menu), null);
    const act = event.target.closest?.(".ds-menu [data-do]");
    if (!act) return;
    act.closest(".ds-menu").hidePopover();
    acts[act.dataset.do]();
  });

  // To the chat above or below in the list.
  const step = (by) => {
    const chats = dsHistory.list();
    const place = chats.findIndex((chat) => chat.id === dsHistory.current());
    const next = chats[place < 0 ? 0 : place + by];
    if (next) dsHistory.open(next.id);
    return Boolean(next);
  };

  return { tell, step };
})();
