// Where this browser keeps chats: in IndexedDB, else in localStorage, else nowhere. A chat is a record of
// chat/records/chat_record.py with a title and times; its head is what a list shows of it. Nothing here looks into a
// record, so that those of other versions are kept as they are.
window.dsStore = (() => {
  const NAME = "deepseek-space";
  const head = ({ id, title, created, updated }) => ({ id, title, created, updated });

  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  const indexed = async () => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => {
      for (const table of ["heads", "chats"]) opening.result.createObjectStore(table, { keyPath: "id" });
    };
    const database = await done(opening);
    const read = (table) => database.transaction(table).objectStore(table);
    const write = (change) =>
      new Promise((resolve, reject) => {
        const transaction = database.transaction(["heads", "chats"], "readwrite");
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
        change(transaction.objectStore("heads"), transaction.objectStore("chats"));
      });
    return {
      isLasting: true,
      heads: () => done(read("heads").getAll()),
      get: (id) => done(read("chats").get(id)),
      all: () => done(read("chats").getAll()),
      put: (...chats) =>
        write((heads, whole) => {
          for (const chat of chats) {
            heads.put(head(chat));
            whole.put(chat);
          }
        }),
      remove: (id) => write((heads, whole) => [heads.delete(id), whole.delete(id)]),
      clear: () => write((heads, whole) => [heads.clear(), whole.clear()]),
    };
  };

  const local = async () => {
    const prefix = `${NAME}:`;
    if (!dsKept.isLasting) throw new Error("no localStorage");
    localStorage.setItem(prefix, "");
    localStorage.removeItem(prefix);
    const names = () => Object.keys(localStorage).filter((name) => name.startsWith(prefix));
    const all = async () => names().map((name) => JSON.parse(localStorage.getItem(name)));
    return {
      isLasting: true,
      heads: async () => (await all()).map(head),
      get: async (id) => JSON.parse(localStorage.getItem(prefix + id)) ?? undefined,
      all,
      put: async (...chats) => {
        for (const chat of chats) localStorage.setItem(prefix + chat.id, JSON.stringify(chat));
      },
      remove: async (id) => localStorage.removeItem(prefix + id),
      clear: async () => names().forEach((name) => localStorage.removeItem(name)),
    };
  };

  const nowhere = () => {
    const chats = new Map();
    return {
      isLasting: false,
      heads: async () => [...chats.values()].map(head),
      get: async (id) => chats.get(id),
      all: async () => [...chats.values()],
      put: async (...added) => added.forEach((chat) => chats.set(chat.id, chat)),
      remove: async (id) => void chats.delete(id),
      clear: async () => chats.clear(),
    };
  };

  // Private windows of some browsers refuse the one, the other or both.
  return { open: () => indexed().catch(local).catch(nowhere) };
})();
