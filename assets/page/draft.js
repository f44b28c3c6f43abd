// A message that is being written stays through a reload, as a lost connection or another language makes one.
(() => {
  const DRAFT = "deepseek-space-draft"; // of this tab alone
  const field = () => document.querySelector("#chat-input textarea");
  const keepsChats = () => document.querySelector("#chats") !== null; // with --no-history nothing is kept

  const keep = () => keepsChats() && dsKept.inTab.set(DRAFT, field()?.value ?? "");

  const bringBack = () => {
    const draft = dsKept.inTab.get(DRAFT);
    dsKept.inTab.remove(DRAFT);
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
