// The workbench's words, which the page has in its reader's language; see ui/html/workbench.py.
import { find, make } from "./elements.js";

/** @type {(name: string) => string} */
export const word = (name) => find("#workbench")?.dataset[`say${name[0].toUpperCase()}${name.slice(1)}`] ?? name;

/** @type {(name: string, className: string, onclick: (event: Event) => void, properties?: object) => any} */
export const button = (name, className, onclick, properties = {}) =>
  make("button", { type: "button", className, textContent: word(name), onclick, ...properties });
