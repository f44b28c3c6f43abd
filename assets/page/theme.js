// The reader's choice between light and dark. Without one Gradio follows the system; ui/words/page_language.py tells the
// page before it is painted.
import { hit, whenBuilt } from "./elements.js";
import { themeHost } from "./gradio.js";
import { always } from "./kept.js";

const THEME = "ds-theme";
const DARK = "dark";
const chosen = () => document.documentElement.dataset.theme ?? "";

// Gradio goes by the system, whenever that changes.
const hold = () => {
  const isDark = chosen() === DARK;
  if (chosen() && themeHost().classList.contains(DARK) !== isDark) themeHost().classList.toggle(DARK, isDark);
};

/** @type {(theme: string) => void} */
const choose = (theme) => {
  if (theme === "system") {
    always.remove(THEME);
    delete document.documentElement.dataset.theme;
    themeHost().classList.toggle(DARK, matchMedia("(prefers-color-scheme: dark)").matches);
    return;
  }
  always.set(THEME, theme);
  document.documentElement.dataset.theme = theme;
  hold();
};

export const hearTheme = () => {
  hold();
  new MutationObserver(hold).observe(themeHost(), { attributeFilter: ["class"] });
  document.addEventListener("change", (event) => {
    const choice = hit(event, "[name=ds-theme]");
    if (choice) choose(choice.value);
  });
  whenBuilt(["#page-menu"], (menu) => {
    const choice = menu.querySelector(`[name=ds-theme][value="${chosen() || "system"}"]`);
    if (choice) choice.checked = true;
  });
};
