// Elements of the page: found, made, waited for. Knows none by name.

/** @type {(selector: string) => any} What it is says the HTML that has the name. */
export const find = (selector) => document.querySelector(selector);
/** @type {(selector: string) => any[]} */
export const findAll = (selector) => [...document.querySelectorAll(selector)];
/** @type {(selector: string) => any[]} */
export const findShown = (selector) => findAll(selector).filter((element) => element.checkVisibility());

/**
 * The element that something happened in, if a selector names it.
 * @type {(event: Event, selector: string) => any}
 */
export const around = ({ target }, selector) => (target instanceof Element ? target.closest(selector) : null);

/** @type {(event: Event, selector: string) => any} The element that something happened to, if a selector names it. */
export const hit = ({ target }, selector) => (target instanceof Element && target.matches(selector) ? target : null);

/** @type {(tag: string, properties?: object, ...children: (Node | string)[]) => any} */
export const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

/** @type {(selector: string) => boolean} Click the last of those that are shown; whether there is one. */
export const press = (selector) => {
  const button = findShown(selector).at(-1);
  button?.click();
  return Boolean(button);
};

/** @type {(field: any, value: string) => void} As if the reader had written it. */
export const write = (field, value) => {
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};

/**
 * Call `use` with the elements as soon as all are there: at once, or before anybody sees them. Some parts of the page
 * are built later than others, on a slow line by seconds.
 * @type {(selectors: string[], use: (...found: any[]) => void) => void}
 */
export const whenBuilt = (selectors, use) => {
  const look = () => {
    const found = selectors.map(find);
    if (!found.every(Boolean)) return;
    observer.disconnect();
    use(...found);
  };
  const observer = new MutationObserver(look);
  observer.observe(document.documentElement, { childList: true, subtree: true });
  look();
};
