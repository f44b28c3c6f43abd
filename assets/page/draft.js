// A message that is being written stays through a reload, as a lost connection or another language makes one.
(() => {
  const DRAFT = "deepseek-space-draft"; // in sessionStorage: of this tab alone, and as long as the tab
  const field = () => document.querySelector("#chat-input textarea");
  const keepsChats = () => document.querySelector("#chats") !== null; // with --no-history nothing is kept

  const keep = () => {
    try {
      if (keepsChats()) sessionStorage.setItem(DRAFT, field()?.value ?? "");
    } catch {
      // Full, or none in this window: then it is lost.
    }
  };

  const bringBack = () => {
    let draft = "";
    try {
      draft = sessionStorage.getItem(DRAFT);
      sessionStorage.removeItem(DRAFT);
    } catch {
      return;
    }
    if (!draft || field().value || !keepsChats()) return;
    field().value = draft;
    field().dispatchEvent(new Event("input", { bubbles: true }));
  };

  addEventListener("pagehide", keep);
  const mounted = new MutationObserver(() => {
    if (!field()) return;
    mounted.disconnect();
    bringBack();
  });
  mounted.observe(document.documentElement, { childList: true, subtree: true });
})();
