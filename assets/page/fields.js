// What Gradio's fields do otherwise than one expects.
import { around, find, findAll, findShown, hit, write } from "./elements.js";
import { FIELDS, GRADIO } from "./gradio.js";

/** @typedef {{ value: string, min: string, max: string, step: string }} NumberField As the browser has it. */

/** @type {(field: NumberField) => string} The number, brought within the limits of its slider. */
export const within = ({ value, min, max, step }) => {
  const least = min === "" ? -Infinity : Number(min);
  const number = Math.min(Math.max(Number(value), least), max === "" ? Infinity : Number(max));
  return String(step === "1" ? Math.round(number) : number);
};

/** @type {(field: NumberField) => boolean} */
export const isAllowed = (field) => field.value !== "" && Number(field.value) === Number(within(field));

/** @type {(field: any) => any} The model's own value, which ui/html/model_bar.py tells. */
const own = (field) => {
  const values = JSON.parse(find("#status-line .ds-model")?.dataset.own ?? "{}");
  return values[field.closest(GRADIO.block).id.replaceAll("-", "_")];
};

// A number that is half written, beyond its slider or gone is told to nobody, as Gradio would break down at it. Once
// the reader leaves the field it is brought within the slider; where none is left the model's own comes back.
const mendNumbers = () => {
  /** @type {(event: Event) => void} */
  const hold = (event) => {
    const field = hit(event, FIELDS.parameter);
    if (field && !isAllowed(field)) event.stopImmediatePropagation();
  };
  /** @type {(event: Event) => void} */
  const settle = (event) => {
    const field = hit(event, FIELDS.parameter);
    if (!field || isAllowed(field)) return;
    const value = field.value === "" ? own(field) : within(field);
    if (value !== undefined) write(field, value);
  };
  document.addEventListener("input", hold, true);
  document.addEventListener("blur", settle, true); // before Gradio's own listener
};

const followModelName = () => {
  // The card that is framed is that of the name which is written.
  document.addEventListener("input", (event) => {
    const field = /** @type {any} */ (event.target);
    if (!around(event, "#model-name")) return;
    for (const card of findAll("#model-list input")) card.checked = card.value === field.value.trim();
  });
  // A name that was meant instead of the one that is written, which the server offers.
  document.addEventListener("click", (event) => {
    const offered = hit(event, ".ds-meant");
    if (!offered) return;
    const field = find(FIELDS.modelName);
    field.focus();
    write(field, offered.value);
    field.blur(); // what is left is judged
  });
};

// Who passes by with Tab opens no list over what stands there; arrows and clicks open it.
const keepListsClosed = () => {
  let isPassing = false;
  document.addEventListener("keydown", ({ key }) => (isPassing = key === "Tab"), true);
  document.addEventListener(
    "pointerdown",
    (event) => {
      isPassing = false;
      const list = hit(event, FIELDS.dropdown);
      // Gradio opens it when it gets the focus, which one that was passed by has.
      if (list && list === document.activeElement && !findShown(GRADIO.choices).length) list.blur();
    },
    true,
  );
  document.addEventListener(
    "focus",
    (event) => isPassing && hit(event, FIELDS.dropdown) && event.stopImmediatePropagation(),
    true,
  );
};

export const mendFields = () => {
  mendNumbers();
  followModelName();
  keepListsClosed();
};
