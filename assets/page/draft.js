// A message that is being written stays through a reload, as a lost connection or another language makes one.
(() => {
  const DRAFT = "deepseek-space-draft"; // of this tab alone
  const field = () => document.querySelector("#chat-input textarea");

  const bringBack = () => {
    const draft = dsKept.inTab.get(DRAFT);
    dsKept.inTab.remove(DRAFT);
    addEventListener("pagehide", () => dsKept.inTab.set(DRAFT, field()?.value ?? "")); // until then the last one stays
    if (!draft || field().value) return;
    field().value = draft;
    field().dispatchEvent(new Event("input", { bubbles: true }));
  };

  // With --no-history there is no list, and nothing is kept. A field that has only just been built is still to be filled
  // by Gradio.
  dsBuilt(["#chat-input textarea", "#chats"], () => setTimeout(bringBack));
})();
