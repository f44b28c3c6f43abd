// The one room that knows Gradio's front end, CodeMirror in it, and which of the browser's built-ins they are given
// another of. All other scripts use the names that stand here. tests/browser/test_gradio_room.py looks for each on a
// real page; what to do when it fails says docs/gradio-upgrade.md.

/** Selectors, each for something that Gradio draws. */
export const GRADIO = Object.freeze({
  conversation: "[role=log]",
  messageRow: ".message-row",
  message: "[data-testid=bot], [data-testid=user]", // what somebody has said, in a row
  question: "[data-testid=user]",
  thoughts: ".thought-group",
  beforeAnswers: ".placeholder-content", // a landmark to Gradio, of several alike
  code: ".code_wrap",
  thoughtArrow: ".thought-group .title .arrow",
  text: ".md", // what is drawn of Markdown
  tab: "#tabs [role=tab]", // not seen: the head has tabs of ours
  tabPage: "[role=tabpanel]",
  block: ".block[id]", // a component, under the id that it was given
  blockLabel: "[data-testid=block-info]",
  choices: "[role=listbox]", // the list of a dropdown, while it is open
  toastHead: ".toast-header",
  toastText: "[data-testid=toast-text]",
  toastBox: ".toast-messages",
  toastItem: ".toast-message-item",
  sidebar: ".sidebar[id]",
  apiButton: "footer .show-api", // not seen: the menu of the page has one
  dark: ".dark",
  editor: ".cm-editor",
});

/** @type {() => boolean} Whether Gradio still says that it is loading, over all of the page. */
export const isOpening = () => document.querySelector(".main > [data-testid=status-tracker] > .loading") !== null;

/** Where a component keeps the field that is written in. */
export const FIELDS = Object.freeze({
  message: "#chat-input textarea",
  task: "#code-task textarea",
  code: "#code-output .cm-content",
  question: "#compare-input textarea",
  modelName: "#model-name :is(input, textarea)",
  attachments: "#composer input[type=file]",
  parameter: "#parameters input[type=number]",
  dropdown: "#models input[role=combobox]",
  named: ["#presets input", "#system-prompts input"],
});

/** @type {(page: string) => string} The tab of a page. */
export const tabOf = (page) => `${GRADIO.tab}[aria-controls="${page}"]`;

const OPEN = "open";
const TOGGLE = ":scope > .toggle-button";

/** A panel beside the page, which is Gradio's sidebar; the list of chats is made like it. */
export const sidebar = {
  /** @type {(panel: Element) => boolean} */
  isOpen: (panel) => panel.classList.contains(OPEN),
  /** @type {(panel: Element) => void} For one that is ours: Gradio's own are opened by their button. */
  turn: (panel) => void panel.classList.toggle(OPEN),
  /** @type {(panel: Element) => boolean} */
  isRight: (panel) => panel.classList.contains("right"),
  /** @type {(panel: Element) => any} */
  button: (panel) => panel.querySelector(TOGGLE),
};

/** What Gradio marks as dark. */
export const themeHost = () => document.body;
export const isDark = () => document.querySelector(GRADIO.dark) !== null;

/** @type {(element: Element) => void} Take off what Gradio does to the text of a component in HTML, colours of code too. */
export const freeOfProse = (element) => element.closest(".prose")?.classList.remove("prose");

/** @type {(row: Element) => any} Of an answer, the row of the question above it. */
export const rowAbove = (row) => row.previousElementSibling;

/** @type {(log: Element) => any} What the rows of a conversation stand in. */
export const rowsOf = (log) => log.firstElementChild;

/** @type {() => number | undefined} How large a file Gradio takes, in bytes. */
export const mostFileBytes = () => /** @type {any} */ (window).gradio_config?.max_file_size;

/** @type {(id: string) => boolean} Whether the page has a component, built or not yet. */
export const hasComponent = (id) =>
  /** @type {any} */ (window).gradio_config.components.some((/** @type {any} */ part) => part.props.elem_id === id);

/** @type {(content: Blob) => Promise<string>} Lay a file down at the server; returns its path there. */
export const upload = async (content) => {
  const form = new FormData();
  form.append("files", content, "text");
  const reply = await fetch("gradio_api/upload", { method: "POST", body: form });
  if (!reply.ok) throw new Error(await reply.text());
  return (await reply.json())[0];
};

const IS_FOR_NOW = new Set([429, 502, 503, 504]);

/**
 * Send a file, and tell which share of it is sent: its path at the server, or why it is refused; neither where there is
 * no connection.
 * @type {(file: File, told: (share: number) => void) =>
 *   { reply: Promise<{ path?: string, refused?: string }>, stop: () => void }}
 */
export const sendFile = (file, told) => {
  const request = new XMLHttpRequest();
  const form = new FormData();
  form.append("files", file, file.name);
  /** @type {Promise<{ path?: string, refused?: string }>} */
  const reply = new Promise((resolve) => {
    request.onload = () => {
      if (request.status === 200) resolve({ path: JSON.parse(request.response)[0] });
      else resolve(IS_FOR_NOW.has(request.status) ? {} : { refused: request.responseText });
    };
    request.onerror = request.onabort = () => resolve({});
  });
  request.upload.onprogress = ({ loaded, total }) => told(total ? loaded / total : 0);
  request.open("POST", "gradio_api/upload");
  request.send(form);
  return { reply, stop: () => request.abort() };
};

/** What a script gives back for a component that is to be seen, not to be seen, or to stay as it is. */
export const shown = Object.freeze({ __type__: "update", visible: true });
export const hidden = Object.freeze({ __type__: "update", visible: false });
export const unchanged = Object.freeze({ __type__: "update" });

/** The rules by which CodeMirror colours code; their classes begin with a letter that nobody else uses. */
export const editorRules = function* () {
  for (const sheet of [...document.adoptedStyleSheets, ...document.styleSheets]) {
    if (sheet.href) continue;
    for (const rule of sheet.cssRules) if (rule instanceof CSSStyleRule && /^\.ͼ\w+$/.test(rule.selectorText)) yield rule;
  }
};

/**
 * Put another store in the place of one that the browser refuses. Gradio reads `localStorage` as it starts and would
 * end there, which is why the page's scripts stand before Gradio's.
 * @type {(name: string, store: object) => void}
 */
export const replaceStore = (name, store) => void Object.defineProperty(window, name, { value: store });

/**
 * Gradio counts the tenths of a second that each component waits, at every frame, also where nobody sees them; the count
 * over its own start goes on as long as the page is open. Here nothing shows them.
 */
export const stopCounting = () => {
  const atFrame = window.requestAnimationFrame.bind(window);
  const counts = /^\(\)=>\{\w+\(\w+,\(performance\.now\(\)-\w+\(\w+\)\)\/1e3\),/;
  window.requestAnimationFrame = (react) => (counts.test(String(react)) ? 0 : atFrame(react));
};

/** @type {(mend: (text: string) => string) => void} Also what Gradio's own buttons copy goes through `mend`. */
export const mendCopies = (mend) => {
  if (!navigator.clipboard) return;
  const writeText = navigator.clipboard.writeText.bind(navigator.clipboard);
  navigator.clipboard.writeText = (text) => writeText(mend(String(text)));
};
