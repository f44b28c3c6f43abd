// What Gradio's fields do otherwise than one expects.
(() => {
  // A number that was deleted would become 0, which no reader means; the model's own comes back. ui/models/model_bar.py
  // tells it.
  const refill = ({ target }) => {
    if (target.type !== "number" || target.value !== "" || !target.closest?.("#parameters")) return;
    const own = JSON.parse(document.querySelector("#status-line .ds-model")?.dataset.own ?? "{}");
    const name = target.closest(".block[id]").id.replaceAll("-", "_");
    if (!Object.hasOwn(own, name)) return;
    target.value = own[name];
    target.dispatchEvent(new Event("input", { bubbles: true }));
  };
  document.addEventListener("blur", refill, true); // before Gradio's own listener

  // The card that is framed is that of the name which is written.
  document.addEventListener("input", ({ target }) => {
    if (!target.closest?.("#model-name")) return;
    for (const card of document.querySelectorAll("#model-list input")) card.checked = card.value === target.value.trim();
  });

  // Who passes by with Tab opens no list over what stands there; arrows and clicks open it.
  let isPassing = false;
  const isList = (target) => target.matches?.('#models input[role="combobox"]');
  document.addEventListener("keydown", ({ key }) => (isPassing = key === "Tab"), true);
  document.addEventListener(
    "pointerdown",
    ({ target }) => {
      isPassing = false;
      // Gradio opens it when it gets the focus, which one that was passed by has.
      if (isList(target) && target === document.activeElement && !document.querySelector("[role=listbox]")) target.blur();
    },
    true,
  );
  document.addEventListener("focus", (event) => isPassing && isList(event.target) && event.stopImmediatePropagation(), true);
})();
