// What Gradio's fields do otherwise than one expects.
(() => {
  const write = (field, value) => {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // A number that is half written, beyond its slider or gone is told to nobody, as Gradio would break down at it. Once
  // the reader leaves the field it is brought within the slider; where none is left the model's own comes back, which
  // ui/html/model_bar.py tells.
  const isNumber = (target) => target.type === "number" && target.closest?.("#parameters");
  const within = ({ value, min, max, step }) => {
    const number = Math.min(Math.max(value, min || -Infinity), max || Infinity);
    return String(step === "1" ? Math.round(number) : number);
  };
  const isAllowed = (field) => field.value !== "" && Number(field.value) === Number(within(field));
  const own = (field) => {
    const values = JSON.parse(document.querySelector("#status-line .ds-model")?.dataset.own ?? "{}");
    return values[field.closest(".block[id]").id.replaceAll("-", "_")];
  };
  const settle = ({ target }) => {
    if (!isNumber(target) || isAllowed(target)) return;
    const value = target.value === "" ? own(target) : within(target);
    if (value !== undefined) write(target, value);
  };
  const hold = (event) => isNumber(event.target) && !isAllowed(event.target) && event.stopImmediatePropagation();
  document.addEventListener("input", hold, true);
  document.addEventListener("blur", settle, true); // before Gradio's own listener

  // The card that is framed is that of the name which is written.
  document.addEventListener("input", ({ target }) => {
    if (!target.closest?.("#model-name")) return;
    for (const card of document.querySelectorAll("#model-list input")) card.checked = card.value === target.value.trim();
  });

  // A name that was meant instead of the one that is written, which the server offers.
  document.addEventListener("click", ({ target }) => {
    if (!target.matches?.(".ds-meant")) return;
    const field = document.querySelector("#model-name :is(input, textarea)");
    field.focus();
    write(field, target.value);
    field.blur(); // what is left is judged
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
