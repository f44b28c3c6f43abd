// The meter of the context: counted anew when nothing has changed for a moment. See ui/parts/message_context.py.
import { around, find } from "./elements.js";
import { ask } from "./server.js";

const PAUSE_MS = 500;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let pause;
/** @type {string | undefined} */
let model;

export const recount = () => {
  clearTimeout(pause);
  pause = setTimeout(() => ask("count"), PAUSE_MS);
};

/** Count anew for another model; the line about it changes with each step of its loading, too. */
export const followModel = () =>
  requestAnimationFrame(() => {
    const line = find("#status-line .ds-model");
    const now = line?.dataset.state + line?.querySelector(".ds-name")?.textContent;
    if (now !== model) recount();
    model = now;
  });

export const hearMeter = () =>
  document.addEventListener("click", (event) => {
    const place = find("#context-meter");
    if (place) place.classList.toggle("is-open", Boolean(around(event, ".ds-meter")) && !place.classList.contains("is-open"));
  });
