// The workbench's lower part: a program of the workspace runs, its page or its output is shown, what went wrong too.
import { drawDiagram } from "./diagram_frame.js";
import { find, make } from "./elements.js";
import { pyodidePackage, pythonFiles, pytestWheels, workerScript } from "./python.js";
import { makeRunner } from "./run_frame.js";
import { asOne } from "./work_page.js";
import { button, word } from "./work_words.js";

/** @typedef {import("./run_frame.js").News} News */
/** @typedef {import("./run_frame.js").Runner} Runner */
/** @typedef {{ path: string, line: number, text: string }} Fault */

const MOST_LINES = 1000;
const LIMIT_S = 60;
const CALM_MS = 1500;
const WIDTHS = /** @type {const} */ ({ phone: "390px", desktop: "100%" });
/** @type {Runner | null} */
let runner = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let limit;
/** @type {(fault: Fault) => void} */
let fix = () => {};
/** @type {(fault: Fault) => void} Told of an error that has a line. */
let locate = () => {};
let stdin = "";
let network = false;
let path = "";
let numLines = 0;
let numRuns = 0; // a drawing that comes when another has begun is too late
/** @typedef {{ html: string, at: number, isThere: boolean }} Shown */
/** @type {Shown | null} */
let shown = null; // the page that is in the frame
let hasOwnLines = true; // rather than those of a page that others were put into

/** @type {(path: string) => "python" | "page" | "script" | "picture" | "diagram" | null} How a file can be run. */
export const runs = (path) => {
  if (/\.py$/i.test(path)) return "python";
  if (/\.html?$/i.test(path)) return "page";
  if (/\.(m?js)$/i.test(path)) return "script";
  if (/\.svg$/i.test(path)) return "picture";
  if (/\.(mmd|mermaid)$/i.test(path)) return "diagram";
  return null;
};

/** @type {(path: string) => boolean} */
export const isTest = (path) => /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(path);

const place = () => find("#workbench .ds-run");
const output = () => find("#workbench .ds-run-output");

/** @type {(text: string) => void} */
const say = (text) => {
  const state = find("#workbench .ds-run-state");
  if (state) state.textContent = text;
};

/** @type {(text: string, level?: string, line?: number) => void} */
const print = (text, level = "", line = 0) => {
  if (!text || numLines > MOST_LINES) return;
  numLines += 1;
  const last = output().lastElementChild;
  if (!level && last?.matches("pre.is-plain")) last.append(text); // output comes in pieces
  else output().append(make("pre", { className: `is-${level || "plain"}`, textContent: line ? `${text}  (${word("line")} ${line})` : text }));
  output().scrollTop = output().scrollHeight;
};

/** @type {(fault: Fault) => void} */
const offerFix = (fault) => {
  output().append(button("fix", "ds-pill is-main ds-fix", () => fix(fault)));
  if (fault.line) locate(fault);
};

/** @type {() => void} End what runs, with all that it has. */
export const stopRun = () => {
  numRuns += 1;
  clearTimeout(limit);
  runner?.stop();
  runner = shown = null;
  place()?.classList.remove("is-running");
};

/** @type {(how: string) => void} */
const end = (how) => {
  stopRun();
  say(how);
};

/** @type {(news: News) => Promise<void>} */
const hearPython = async (news) => {
  if (news.kind === "out") print(news.text ?? "");
  if (news.kind === "image") output().append(make("img", { src: `data:image/png;base64,${news.image}`, alt: word("plot") }));
  if (news.kind === "state") say(word(news.text === "running" ? "running" : "starting"));
  if (news.kind === "state" && news.text === "running") limit = setTimeout(() => end(word("tooLong")), LIMIT_S * 1000);
  if (news.kind === "need") {
    const name = news.text ?? "";
    const bytes = await pyodidePackage(name);
    if (!bytes) print(`${name.split("-")[0]}: ${word("noPackage")}`, "warn");
    runner?.send({ act: "file", name, bytes });
  }
  if (news.kind === "full") end(word("tooMuch"));
  if (news.kind === "done") {
    if (news.name && news.text && news.text !== "tests" && !output().textContent.includes(news.text.trim().split("\n").at(-1))) print(news.text, "error");
    const fault = { path: !news.name || ["tests", "failed"].includes(news.name) ? path : news.name, line: news.line ?? 0, text: news.text === "tests" ? output().textContent : news.text ?? "" };
    const isSilent = !output().childElementCount;
    end(word(news.name ? "failed" : isSilent ? "endedSilently" : "ended"));
    if (news.name) offerFix(fault);
  }
};

/** @type {(news: News) => void} */
const hearPage = ({ kind, level, text = "", line = 0 }) => {
  if (kind === "console") print(text, level === "log" ? "said" : level);
  if (kind === "error") {
    print(text, "error", line);
    if (!output().querySelector(".ds-fix")) offerFix({ path, line: hasOwnLines ? line : 0, text });
  }
  if (kind === "silent") end(word("silent"));
};

/** @type {(file: string, texts: Record<string, string>, test: boolean) => Promise<void>} */
const runPython = async (file, texts, test) => {
  say(word("fetching"));
  try {
    const [assets, wheels, worker] = await Promise.all([pythonFiles(), test ? pytestWheels() : [], workerScript()]);
    const files = Object.fromEntries(Object.entries(texts));
    const job = { worker, assets, wheels, files, main: file, stdin, isTest: test };
    runner = makeRunner(find("#workbench .ds-run-page"), hearPython, ({ send }) => send({ act: "python", job }));
    runner.frame.hidden = true;
  } catch {
    end(word("noPython"));
  }
};

/** @type {(svg: string, ground?: string) => string} */
const pictureOf = (svg, ground = "white") =>
  `<!doctype html><style>html{background:${ground}}svg{max-width:100%;height:auto}</style>${svg}`;

/** @type {(file: string, texts: Record<string, string>) => string} */
const pageOf = (file, texts) => {
  if (runs(file) === "page") return asOne(texts[file], file, texts);
  if (runs(file) === "picture") return pictureOf(texts[file]);
  const isModule = /^\s*(import|export)\b/m.test(texts[file]);
  return `<!doctype html><script${isModule ? ' type="module"' : ""}>${texts[file].replace(/<\/(script)/gi, "<\\/$1").replace(/<!--/g, "<\\!--")}\n</script>`;
};

/** @type {(html: string) => void} */
const showPage = (html) => {
  /** @type {Shown} */
  const page = { html, at: Date.now(), isThere: false };
  shown = page;
  const begin = (/** @type {Runner} */ { send }) => {
    page.isThere = true;
    send({ act: "page", html: page.html });
  };
  runner = makeRunner(find("#workbench .ds-run-page"), hearPage, begin, network);
};

/** @type {(code: string) => Promise<void>} */
const showDiagram = async (code) => {
  const ours = numRuns;
  const drawn = await drawDiagram(code);
  if (ours !== numRuns) return;
  const ground = getComputedStyle(document.body).getPropertyValue("--ds-page"); // it is drawn in the page's colours
  if (!("fault" in drawn)) return showPage(pictureOf(drawn.svg, ground));
  const text = drawn.fault === "wrong" ? drawn.text : word("noDiagram");
  find("#workbench .ds-run-page").hidden = true;
  print(text, "error");
  end(word("failed"));
  if (drawn.fault === "wrong") offerFix({ path, line: 0, text });
};

/**
 * Run a file with all others beside it.
 * @type {(file: string, texts: Record<string, string>, test?: boolean) => Promise<void>}
 */
export const run = async (file, texts, test = false) => {
  stopRun();
  path = file;
  numLines = 0;
  place().hidden = false;
  place().classList.add("is-running");
  output().replaceChildren();
  const isPage = runs(file) !== "python";
  find("#workbench .ds-run-page").hidden = !isPage;
  find("#workbench .ds-run-stdin").hidden = isPage;
  for (const tool of place().querySelectorAll(".ds-run-widths, .ds-run-network")) tool.hidden = !isPage;
  if (!isPage) return runPython(file, texts, test);
  say(word("shown"));
  if (runs(file) === "diagram") return showDiagram(texts[file]);
  const html = pageOf(file, texts);
  hasOwnLines = runs(file) === "script" || html === texts[file];
  showPage(html);
};

/**
 * Have the page that is shown follow its files. While an answer is `writing` one of them, that is calm: at most once in a
 * while, up to the last tag that is whole, and never with half a script.
 * @type {(texts: Record<string, string>, writing?: string) => void}
 */
export const followPage = (texts, writing = "") => {
  if (!shown || runs(path) !== "page" || texts[path] === undefined) return;
  if (writing && (Date.now() - shown.at < CALM_MS || runs(writing) === "script")) return;
  const html = pageOf(path, writing === path ? { ...texts, [path]: upToTag(texts[path]) } : texts);
  if (html === shown.html) return;
  Object.assign(shown, { html, at: Date.now() });
  hasOwnLines = html === texts[path];
  numLines = 0;
  output().replaceChildren();
  if (shown.isThere) runner?.send({ act: "page", html });
};

/** @type {(html: string) => string} A page that is being written, up to its last whole tag: what it ends in runs no script. */
export const upToTag = (html) => html.slice(0, html.lastIndexOf(">") + 1);

/** @type {(width: "phone" | "desktop") => void} */
const setWidth = (width) => find("#workbench .ds-run-page").style.setProperty("--ds-run-width", WIDTHS[width]);

/** @type {(again: () => void, onFix: (fault: Fault) => void, onFault: (fault: Fault) => void) => any} */
export const drawRun = (again, onFix, onFault) => {
  fix = onFix;
  locate = onFault;
  const close = () => {
    stopRun();
    place().hidden = true;
  };
  const field = make("textarea", { rows: 2, placeholder: word("stdinHint"), ariaLabel: word("stdin") });
  field.oninput = () => (stdin = field.value);
  const switched = make("input", { type: "checkbox" });
  switched.onchange = () => {
    network = switched.checked;
    again();
  };
  const tools = make(
    "div",
    { className: "ds-run-tools" },
    make("span", { className: "ds-run-state ds-grow", role: "status" }),
    make("label", { className: "ds-run-network" }, switched, word("network")),
    make("span", { className: "ds-run-widths" }, button("phone", "ds-pill", () => setWidth("phone")), button("desktop", "ds-pill", () => setWidth("desktop"))),
    button("again", "ds-pill", again),
    button("stop", "ds-pill ds-run-stop", () => end(word("stopped"))),
    button("close", "ds-pill", close),
  );
  return make(
    "section",
    { className: "ds-run", hidden: true, ariaLabel: word("runPart") },
    tools,
    make("details", { className: "ds-run-stdin" }, make("summary", { textContent: word("stdin") }), field),
    make("div", { className: "ds-run-page", hidden: true }),
    make("div", { className: "ds-run-output", tabIndex: 0, role: "log", ariaLabel: word("output") }),
  );
};
