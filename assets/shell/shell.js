// Before all other scripts: has a part that could not be loaded loaded again, says so where that does not help, and takes
// what is written meanwhile. It stands in the page itself, as it must not depend on anything that is to be loaded.
(() => {
  const RELOADS = "deepseek-space-reloads";
  const DRAFT = "deepseek-space-draft"; // assets/page/unsent.js keeps it
  const MOST_RELOADS = 3;
  const PAUSE_MS = 1000;
  const SLOW_MS = 45_000;
  const PARTS = /\/(assets|page-scripts|theme\.css)/;
  const find = (id) => document.getElementById(id);

  let canKeep = true; // some browsers refuse to keep anything, with an error
  const kept = (name) => {
    try {
      return sessionStorage.getItem(name);
    } catch {
      canKeep = false;
      return null;
    }
  };
  const keep = (name, value) => {
    if (name === DRAFT && !("keeps" in find("shell").dataset)) return;
    try {
      sessionStorage.setItem(name, value);
    } catch {
      // It is not kept.
    }
  };

  const say = (what) => {
    const shell = find("shell");
    if (!shell) return dispatchEvent(new CustomEvent("ds-part-failed"));
    shell.querySelector("span").textContent = shell.dataset[`say${what}`];
    find("shell-reload").hidden = what === "Offline";
  };

  let isFailing = false;
  const fail = () => {
    if (isFailing) return;
    isFailing = true;
    const reloads = Number(kept(RELOADS));
    const again = () => {
      keep(RELOADS, String(reloads + 1));
      location.reload();
    };
    if (!navigator.onLine) {
      say("Offline");
      addEventListener("online", again);
    } else if (canKeep && reloads < MOST_RELOADS) setTimeout(again, PAUSE_MS * reloads);
    else say("Failed");
  };

  addEventListener(
    "error",
    ({ target }) => {
      const isPart = target instanceof HTMLScriptElement || target instanceof HTMLLinkElement;
      if (isPart && PARTS.test(target.src || target.href)) fail();
    },
    true,
  );
  addEventListener("vite:preloadError", fail);
  addEventListener("unhandledrejection", ({ reason }) => {
    if (/dynamically imported module|module script failed/i.test(reason?.message)) fail();
  });
  setTimeout(() => find("shell") && !isFailing && say("Slow"), SLOW_MS);

  const waits = (text) => {
    const row = document.createElement("div");
    row.textContent = text;
    row.append(Object.assign(document.createElement("small"), { textContent: find("shell").dataset.sayWaits }));
    row.dataset.text = text;
    find("shell-outbox").append(row);
  };
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    const isSent = field?.id === "shell-input" && event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (!isSent || window.deepseekSpace) return; // from then on assets/page/sending.js hears it
    event.preventDefault();
    if (field.value.trim()) waits(field.value);
    field.value = "";
  });
  document.addEventListener("click", ({ target }) => {
    if (target.id !== "shell-reload") return;
    keep(RELOADS, "0");
    location.reload();
  });
  addEventListener("pagehide", () => {
    const texts = [...(find("shell-outbox")?.children ?? [])].map((row) => row.dataset.text);
    const field = find("shell-input");
    if (field) keep(DRAFT, [...(window.deepseekSpace ? [] : texts), field.value].filter(Boolean).join("\n\n"));
  });
  // What is seen first waits for no style; see ui/words/page_language.py.
  for (const style of document.querySelectorAll('link[media="not all"]')) {
    const apply = () => (style.media = "all");
    if (style.sheet) apply();
    else style.addEventListener("load", apply);
  }

  find("shell-input").value = kept(DRAFT) ?? "";
})();
