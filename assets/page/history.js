// The reader's chats: keeps what the server sends of the one that is written, opens them again, and minds which one the
// page shows. The list itself is drawn by chat_list.js. See ui/parts/history.py for the other side.
window.dsHistory = (() => {
  const STILL_S = 12; // more than twice the time between two records of a reply that is written
  const LOOK_S = 3;
  const CURRENT = "deepseek-space-chat"; // of this tab alone
  const AHEAD = "deepseek-space-ahead"; // the record that is on its way into the store, for it takes a moment
  let store = null;
  let isKept = false;
  let heads = new Map();
  let current = null;
  let left = null;
  let heardAt = 0;
  let wasFull = false;
  const gone = new Set();
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("deepseek-space-chats") : null;
  const watchers = [];
  const changed = () => watchers.forEach((watcher) => watcher());

  // One change after the other, so that none is lost to another that began from the same state.
  let line = Promise.resolve();
  const inLine = (work) => (line = line.then(work, work));

  const isWriting = () => document.querySelector("#chat-stop")?.checkVisibility() ?? false;
  const words = (name) => document.querySelector("#chats").dataset[`say${name[0].toUpperCase()}${name.slice(1)}`];

  const show = (id) => {
    if (!isKept) return;
    current = id;
    dsKept.inTab.set(CURRENT, id ?? "");
    changed();
  };

  const titleOf = (record) => {
    const text = record.turns[0].question.trim().replace(/\s+/g, " ");
    const letters = [...text];
    if (letters.length <= 56) return text || words("untitled");
    const cut = letters.slice(0, 56).join("");
    const end = cut.lastIndexOf(" ");
    return `${(end > 24 ? cut.slice(0, end) : cut).replace(/[\s.,;:–-]+$/, "")}…`;
  };

  const put = async (...chats) => {
    try {
      await store.put(...chats);
    } catch (error) {
      if (!wasFull) dsChatList.tell(words("full"));
      wasFull = true;
      throw error;
    }
    for (const { id, title, created, updated } of chats) heads.set(id, { id, title, created, updated });
    changed();
    tabs?.postMessage({ changed: chats.map((chat) => chat.id) });
  };

  const remove = async (id) => {
    await store.remove(id);
    heads.delete(id);
    changed();
  };

  const sameText = (one, other) =>
    JSON.stringify([one.turns, one.chosen]) === JSON.stringify([other.turns, other.chosen]);

  const keep = async (record) => {
    if (gone.has(record.id)) return;
    const old = await store.get(record.id);
    if (!record.turns.length) return old && remove(record.id);
    if (old && sameText(old, record)) return;
    const now = Date.now();
    await put({ ...record, title: old?.title ?? titleOf(record), created: old?.created ?? now, updated: now });
  };

  // While a reply is written its turn alone is sent. Without the rest it is of no use; the whole comes at the end.
  const keepTurn = async ({ id, turn }) => {
    const old = await store.get(id);
    const at = old ? old.turns.findIndex((other) => other.id === turn.id) : -1;
    if (at < 0) return;
    const { files } = old.turns[at];
    await keep({ ...old, turns: old.turns.with(at, files ? { ...turn, files } : turn) });
  };

  // What the server sends: a record or a part of one, and whether it is that of the chat this page shows.
  const hear = (news) => {
    if (!news?.at_s) return;
    heardAt = Date.now();
    if (news.part) inLine(() => keepTurn(news.part));
    if (!news.record) return;
    const { id } = news.record;
    if (news.is_shown && id !== current && id !== left && news.record.turns.length) show(id);
    // Kept in this tab at once: the page may be loaded anew before the store is done, or even open.
    const ahead = JSON.stringify(news.record);
    dsKept.inTab.remove(AHEAD); // the new one may find no room, and an old one is not to come back
    dsKept.inTab.set(AHEAD, ahead);
    const arrive = () => dsKept.inTab.get(AHEAD) === ahead && dsKept.inTab.remove(AHEAD);
    inLine(() => keep(news.record).finally(arrive));
  };

  const keepWhatIsAhead = async () => {
    const ahead = dsKept.inTab.get(AHEAD);
    dsKept.inTab.remove(AHEAD);
    if (ahead) await keep(JSON.parse(ahead));
  };

  const open = async (id) => {
    const chat = await store.get(id);
    if (!chat) return show(null);
    left = null;
    heardAt = Date.now();
    show(id);
    const answer = await dsPage.ask("open_chat", id, JSON.stringify(chat));
    document.documentElement.classList.remove("ds-opening");
    if (answer.error) dsChatList.tell(answer.error);
  };

  const startNew = () => {
    if (current) left = current;
    show(null);
  };

  const rename = (id, title) =>
    inLine(async () => {
      const chat = await store.get(id);
      if (chat && title.trim()) await put({ ...chat, title: title.trim().slice(0, 200) });
      changed();
    });

  const leaveIfGone = () => {
    if (!current || !gone.has(current)) return;
    dsPage.ask("new");
    startNew();
  };

  const forget = (id) =>
    inLine(async () => {
      const chat = await store.get(id);
      gone.add(id);
      dsPage.ask("stop_chat", id);
      await remove(id);
      tabs?.postMessage({ gone: [id] });
      leaveIfGone();
      return chat;
    });

  const restore = (chat) =>
    inLine(() => {
      gone.delete(chat.id);
      return put(chat);
    });

  const forgetAll = () =>
    inLine(async () => {
      const ids = [...heads.keys()];
      for (const id of ids) gone.add(id);
      if (current) dsPage.ask("stop_chat", current);
      await store.clear();
      heads.clear();
      tabs?.postMessage({ gone: ids });
      leaveIfGone();
      changed();
    });

  const newId = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))).replace(/[+/=]/g, "-");

  // Each gets an id of its own: whoever knows an id can read along, and a file may come from anybody.
  const take = (records) =>
    inLine(async () => {
      const here = await store.all();
      const counts = { added: 0, known: 0, twice: 0 };
      const added = [];
      for (const record of records) {
        const kin = here.filter((chat) => chat.id === record.id || chat.origin === record.id);
        if (kin.some((chat) => sameText(chat, record))) {
          counts.known += 1;
          continue;
        }
        counts[kin.length ? "twice" : "added"] += 1;
        const now = Date.now();
        const title = record.title || (record.turns.length ? titleOf(record) : words("untitled"));
        added.push({ created: now, updated: now, ...record, title, id: newId(), origin: record.id });
      }
      await put(...added);
      return counts;
    });

  const openFirst = async () => {
    // What a link brings is the beginning of a chat, and not the next message of another.
    if (dsShare.hasArrived) return show(null);
    if (current) return; // somebody was quicker than the store
    const id = dsKept.inTab.get(CURRENT) ?? list()[0]?.id;
    if (!id || !heads.has(id)) return show(null);
    // Until it is there, the page is not to look like that of a new chat.
    document.documentElement.classList.add("ds-opening");
    await open(id);
  };

  const list = () => [...heads.values()].sort((one, other) => other.updated - one.updated);

  const listenToTabs = () => {
    tabs?.addEventListener("message", async ({ data }) => {
      data.gone?.forEach((id) => gone.add(id));
      data.changed?.forEach((id) => gone.delete(id));
      heads = new Map((await store.heads()).map((head) => [head.id, head]));
      leaveIfGone();
      if (data.changed?.includes(current) && !isWriting()) open(current);
      changed();
    });
  };

  // A connection may end without a word, and Gradio would wait for it for ever: while a reply is written there is news
  // all the time. If there is none and the server is there, a page that is loaded anew finds the reply again. What ends
  // with a word, Gradio mends in the same way.
  const holdOn = () => {
    const isStill = () => current && isWriting() && Date.now() - heardAt > STILL_S * 1000;
    const isServerThere = () => fetch("manifest.json", { cache: "no-store" }).then((reply) => reply.ok, () => false);
    setInterval(async () => isStill() && (await isServerThere()) && isStill() && location.reload(), LOOK_S * 1000);
  };

  const start = async () => {
    isKept = true;
    await inLine(async () => {
      store = await dsStore.open();
      heads = new Map((await store.heads()).map((head) => [head.id, head]));
    });
    await inLine(keepWhatIsAhead).catch(() => {}); // a full store has been told of, and the chats it has are to open
    listenToTabs();
    holdOn();
    if (!store.isLasting) dsChatList.tell(words("unkept"));
    changed();
    await openFirst();
  };

  document.addEventListener("click", (event) => event.target.closest?.('.ds-act[name="new"]') && startNew());

  return {
    start, hear, open, list, rename, forget, restore, forgetAll, take, words,
    all: () => store.all(),
    current: () => current,
    get: (id) => store.get(id),
    watch: (watcher) => watchers.push(watcher),
  };
})();
