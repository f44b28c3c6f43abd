// What stays through a reload besides the chats: how things are set, the Code tab's task and reply, documents that are
// not sent yet. Of this tab alone: what a link set is not to meet a reader again in the next one. See
// ui/handlers/unsent.py.
window.dsUnsent = (() => {
  const PAUSE_MS = 300;
  const DAY_MS = 86_400_000; // documents of a tab that was closed are kept as long
  const place = (what) => `deepseek-space-${what}`;
  const before = { parameters: dsKept.inTab.get(place("parameters")), code: dsKept.inTab.get(place("code")) };
  const now = { parameters: {}, code: {} };
  const due = {};
  let isReady = false; // not before what was kept is back

  // What the reader has not changed follows the model; ui/html/model_bar.py tells the model's own.
  const changed = (parameters) => {
    const own = JSON.parse(document.querySelector("#status-line .ds-model")?.dataset.own ?? "{}");
    const usual = { think: true, seed: "", stop: "", budget: "", system_prompt: "", ...own };
    return Object.fromEntries(Object.entries(parameters).filter(([name, value]) => value !== null && value !== usual[name]));
  };

  const write = (what) => {
    clearTimeout(due[what]);
    delete due[what];
    dsKept.inTab.set(place(what), JSON.stringify(what === "parameters" ? changed(now[what]) : now[what]));
  };
  const writeSoon = (what) => {
    if (!isReady) return;
    clearTimeout(due[what]);
    due[what] = setTimeout(() => write(what), PAUSE_MS);
  };
  addEventListener("pagehide", () => Object.keys(due).forEach(write));

  const keep = (what, names, values) => {
    names.forEach((name, at) => (now[what][name] = values[at]));
    writeSoon(what);
  };

  // The browser's own store has room for documents; where it refuses, they are not kept.
  const tab = dsKept.inTab.get(place("tab")) ?? `${Date.now()}-${Math.random()}`;
  dsKept.inTab.set(place("tab"), tab);
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const open = async () => {
    const opening = indexedDB.open("deepseek-space-unsent", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("files", { keyPath: "tab" }).createIndex("at", "at");
    return done(opening);
  };
  let database;
  const table = async (mode) => (await (database ??= open())).transaction("files", mode).objectStore("files");
  const keepFiles = async (files) => {
    const place = await table("readwrite");
    return done(files.length ? place.put({ tab, at: Date.now(), files }) : place.delete(tab));
  };
  const filesBefore = async () => {
    const place = await table("readwrite");
    const old = await done(place.index("at").getAllKeys(IDBKeyRange.upperBound(Date.now() - DAY_MS)));
    old.filter((key) => key !== tab).forEach((key) => place.delete(key));
    return (await done(place.get(tab)))?.files ?? [];
  };

  // What the server hands over.
  const hear = (what, value) => {
    if (!value) return;
    if (what === "files") keepFiles(value.files).catch(() => {});
    else keep(what, ["reply"], [value.reply]);
  };

  const bringBack = async () => {
    const files = await filesBefore().catch(() => []);
    const asked = [
      before.parameters && !dsShare.hasArrived && dsPage.ask("restore_parameters", "", before.parameters),
      before.code && dsPage.ask("restore_code", "", before.code),
      files.length && dsPage.ask("restore_files", "", JSON.stringify(files)),
    ];
    await Promise.all(asked);
    isReady = true;
  };

  // With --no-history there is no list, and nothing is kept.
  return { keep, hear, bringBack: () => dsBuilt(["#chats"], bringBack) };
})();
