// The workbench of the Code page: the files of the chat beside its thread. The server has the files (see
// chat/workspace/workspace.py) and sends what they are; what is typed here goes to it after a pause.
import { find, make, whenBuilt, write } from "./elements.js";
import { FIELDS, freeOfProse, tabOf } from "./gradio.js";
import { ask } from "./server.js";
import { wrongIn } from "./work_check.js";
import { makeCursor } from "./work_cursor.js";
import { modelNow, tellCursor } from "./work_cursor_line.js";
import { drawDiff } from "./work_diff.js";
import { makeEditor } from "./work_editor.js";
import { bring, choose } from "./work_files.js";
import { drawTabs, drawTree, MOST_TABS } from "./work_list.js";
import { drawMenu } from "./work_menu.js";
import { drawRun, followPage, isTest, run, runs, stopRun } from "./work_run.js";
import { button, word } from "./work_words.js";

/** @typedef {import("./work_diff.js").Proposal} Proposal */
/**
 * @typedef {{ path: string, text: string, versions: string[], proposal: Proposal | null,
 *   secrets: { line: number, kind: string }[] }} WorkFile
 */
/** @typedef {{ path: string, reason: string, line: number, sought: string, nearest: string }} Missed */
/** @typedef {{ chat: string, files: WorkFile[], missed: Missed[] }} View */

const PAUSE_MS = 400;
/** @type {View} */
let view = { chat: "", files: [], missed: [] };
/** @type {{ path: string, text: string } | null} */
let writing = null; // by an answer, at this moment
let current = "";
/** @type {{ path: string, text: string, line: number, of: string } | null} */
let wrong = null; // what the last run found, in the text that it ran
/** @type {Record<string, string>} */
let ran = {};
let isEditing = false; // rather than looking at what is proposed
/** @type {ReturnType<typeof setTimeout> | undefined} */
let due;
/** @type {import("./work_editor.js").Editor | null} */
let editor = null;

const bench = () => find("#workbench");
/** @type {() => WorkFile | undefined} */
const file = () => view.files.find(({ path }) => path === current);
const texts = () => Object.fromEntries([...view.files, ...(writing ? [writing] : [])].map(({ path, text }) => [path, text]));

/** @type {(text: string) => void} */
const note = (text) => {
  const place = find("#workbench .ds-work-note");
  place.textContent = text;
  place.hidden = !text;
};

/** @type {(act: string, target?: string, text?: string) => Promise<any>} Ask, after what was typed; say what is refused. */
const settle = async (act, target = "", text = "") => {
  await flush();
  const answer = await ask(act, target, text);
  note(answer.error ?? "");
  return answer;
};

/** @type {() => Promise<unknown>} Send what was typed. */
const flush = async () => {
  if (due === undefined) return;
  clearTimeout(due);
  due = undefined;
  const here = file();
  const text = editor?.text() ?? "";
  if (!here || here.text === text) return;
  here.text = text;
  mark();
  const answer = await ask("file_write", here.path, text);
  note(answer.error ?? "");
};
/** @type {() => void} Mark what is wrong in the file that is shown, as long as its text is the one that was looked at. */
const mark = () => {
  const here = file();
  const found = wrong && here?.path === wrong.path && here.text === wrong.of ? wrong : here && wrongIn(here.path, here.text);
  editor?.mark(writing || due !== undefined || !found ? null : found);
};

/** @type {(fault: import("./work_run.js").Fault) => void} Mark the line of an error. */
const locate = ({ path, line, text }) => {
  const of = ran[path];
  if (of === undefined) return;
  wrong = { path, line, text: text.trim().split("\n").at(-1) ?? "", of };
  mark();
};

const typed = () => {
  editor?.mark(null);
  clearTimeout(due);
  due = setTimeout(flush, PAUSE_MS);
};

/** @type {(path: string) => Promise<void>} */
export const openFile = async (path) => {
  await flush();
  current = path;
  isEditing = false;
  draw();
};

const newFile = async () => {
  const name = prompt(word("newName"), view.files.length ? "" : "main.py");
  if (!name) return;
  const answer = await settle("file_write", name, "");
  if (!answer.error) openFile(name);
};

/** @type {(files: File[]) => Promise<void>} */
const bringIn = async (files) => {
  await flush();
  note(files.length ? await bring(files, word("notText")) : "");
};

/** @type {(prompt: string, send?: boolean) => void} Into the message field, where the reader can change it. */
export const suggest = (prompt, send = false) => {
  write(find(FIELDS.message), prompt);
  find(FIELDS.message).focus();
  if (send) setTimeout(() => find("#chat-send")?.click(), 100);
};

/** @type {(fault: import("./work_run.js").Fault) => void} */
const askForFix = ({ path, line, text }) => {
  const where = line ? `${path}, ${word("line")} ${line}` : path;
  suggest(`${word("fixPrompt")} ${where}:\n\n\`\`\`\n${text.trim().slice(-3000)}\n\`\`\``, true);
};

/** @type {() => void} The way in words, for a model that cannot fill in at a cursor. */
const askAtCursor = () => suggest(word("fillPrompt").replace("…", `${current}, ${word("line")} ${editor?.selection().first}.`));

const runCurrent = async (test = false) => {
  await flush();
  const path = writing?.path ?? current;
  if (!path) return;
  wrong = null;
  ran = texts();
  mark();
  run(path, ran, test);
};

const drawMissed = () =>
  view.missed.length
    ? make(
        "details",
        { className: "ds-missed" },
        make("summary", {}, `${word("missed")} ${view.missed.length} `),
        ...view.missed.map(({ path, reason, line, sought, nearest }) =>
          make("div", {}, make("p", { textContent: `${path || "?"}: ${reason}${line ? ` (${word("line")} ${line})` : ""}` }), make("pre", { textContent: sought }), nearest ? make("pre", { className: "is-nearest", textContent: `${word("nearest")}\n${nearest}` }) : ""),
        ),
        button("missedAgain", "ds-pill is-main", async () => suggest((await ask("missed_again")).text, true)),
      )
    : "";

const drawEmpty = () =>
  make(
    "div",
    { className: "ds-work-empty" },
    make("p", { textContent: word("empty") }),
    button("newFile", "ds-pill", newFile),
    button("bringFiles", "ds-pill", () => choose(false, bringIn)),
    button("bringFolder", "ds-pill", () => choose(true, bringIn)),
  );

const drawTools = () => {
  const here = file();
  const shows = writing ?? here;
  const kind = shows && runs(shows.path);
  const hasTests = view.files.some(({ path }) => isTest(path));
  return [
    button("newFile", "ds-pill", newFile, { textContent: "+", ariaLabel: word("newFile"), title: word("newFile") }),
    ...(kind ? [button("run", "ds-pill is-main ds-run-open", () => runCurrent())] : []),
    ...(hasTests ? [button("test", "ds-pill ds-test-open", () => runCurrent(true))] : []),
    ...(here?.proposal ? [button(isEditing ? "showChange" : "showText", "ds-pill", () => ((isEditing = !isEditing), draw()))] : []),
    drawMenu({ file: here, files: view.files, selection: () => editor?.selection() ?? null, settle, suggest, bringIn, openFile, newFile, choose: (folder) => choose(folder, bringIn) }),
  ];
};

/** @type {(tools: any[]) => void} A menu that is open stays so: there is news of a file several times a second. */
const replaceTools = (tools) => {
  const place = find("#workbench .ds-work-tools");
  const isOpen = place.querySelector("details")?.open;
  place.replaceChildren(...tools);
  if (!isOpen) return;
  const menu = place.querySelector("details");
  menu.open = true;
  menu.querySelector("summary").focus();
};

const draw = () => {
  if (!bench()) return;
  if (!file() && !writing) current = view.files[0]?.path ?? "";
  const here = file();
  const shows = writing ?? here;
  bench().classList.toggle("is-empty", !shows);
  const isTree = view.files.length > MOST_TABS;
  bench().classList.toggle("is-tree", isTree);
  find("#workbench .ds-work-tabs").replaceChildren(...(isTree ? [] : drawTabs(view.files, current, openFile)));
  find("#workbench .ds-work-tree").replaceChildren(...(isTree ? drawTree(view.files, current, openFile) : []));
  replaceTools(drawTools());
  find("#workbench .ds-work-missed").replaceChildren(drawMissed());
  const diff = find("#workbench .ds-work-diff");
  const isDiff = Boolean(!writing && here?.proposal && !isEditing);
  diff.hidden = !isDiff;
  find("#workbench .ds-work-editor").hidden = isDiff || !shows;
  if (isDiff || !shows) find("#workbench .ds-work-cursor").hidden = true;
  diff.replaceChildren(isDiff && here?.proposal ? drawDiff(here.path, here.proposal, (act, text) => settle(act, here.path, text)) : "");
  if (!shows) find("#workbench .ds-work-start").replaceChildren(drawEmpty());
  else if (!isDiff && due === undefined) editor?.show(shows.path, shows.text, Boolean(writing));
  mark();
};

let heardAt = 0; // in seconds, by the server's clock
/** @type {(news: any) => void} What the server sends: all files, or the one that an answer is writing. */
export const hearWorkspace = (news) => {
  if (!news?.at_s || news.at_s < heardAt) return; // two answers may come in the other order
  heardAt = news.at_s;
  if (news.writing) {
    writing = due === undefined ? news.writing : null; // nobody takes the page from a reader who types
    followPage(texts(), news.writing.path);
    return draw();
  }
  const isOther = news.chat !== view.chat;
  const before = new Map(view.files.map((one) => [one.path, one]));
  const fresh = news.files.find((/** @type {WorkFile} */ one) => (one.proposal && !before.get(one.path)?.proposal) || !before.has(one.path));
  if (isOther) {
    stopRun();
    current = "";
    due = undefined;
  } else if (fresh && due === undefined) current = fresh.path;
  if (fresh) isEditing = false;
  view = news;
  writing = null;
  followPage(texts());
  draw();
};

/** @type {(code: string, language: string) => Promise<void>} */
export const openBlock = (code, language) => openFrom(ask("block_open", language, code));
/** @type {(turn: string) => Promise<void>} */
export const openAnswer = (turn) => openFrom(ask("answer_open", turn));

/** @type {(answer: Promise<import("./server.js").Answer>) => Promise<void>} */
const openFrom = async (answer) => {
  find(tabOf("code-page"))?.click();
  const { path, error } = await answer;
  if (path) openFile(path);
  if (error) whenBuilt(["#workbench .ds-work-note"], () => note(error));
};

const build = () => {
  freeOfProse(bench());
  const back = () => document.documentElement.classList.remove("ds-gap");
  find("#code-tab").before(button("backToFiles", "ds-pill", back, { id: "code-form-close" }));
  bench().append(
    make("div", { className: "ds-work-head" }, make("div", { className: "ds-work-tabs", role: "tablist", ariaLabel: word("files") }), make("div", { className: "ds-work-tools" })),
    make("nav", { className: "ds-work-tree", ariaLabel: word("files") }),
    make("p", { className: "ds-work-note", role: "status", hidden: true }),
    make("div", { className: "ds-work-missed" }),
    make("div", { className: "ds-work-start" }),
    make("div", { className: "ds-work-diff", hidden: true }),
    make("div", { className: "ds-work-editor" }),
    make("p", { className: "ds-work-cursor", hidden: true }),
    drawRun(() => runCurrent(), askForFix, locate),
  );
  const place = find("#workbench .ds-work-editor");
  const grown = (/** @type {import("./work_editor.js").Editor} */ rich) => {
    editor = rich;
    rich.suggest(makeCursor({ ask, path: () => (writing || !file() ? "" : current), model: modelNow, tell: (news) => tellCursor(news, askAtCursor) }));
    draw();
  };
  editor = makeEditor(place, typed, grown, note);
  place.addEventListener("focusout", flush);
  bench().addEventListener("dragover", (/** @type {DragEvent} */ event) => event.preventDefault());
  bench().addEventListener("drop", (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    event.stopPropagation();
    bringIn([...(event.dataTransfer?.files ?? [])]);
  });
  draw();
};

/** Tell the server whether the page shows the workbench, and build it when it is first shown. */
export const startWorkbench = () =>
  whenBuilt([tabOf("code-page")], (tab) => {
    const shown = () => tab.getAttribute("aria-selected") === "true";
    let was = false;
    const look = () => {
      const is = shown();
      if (is === was) return;
      was = is;
      document.documentElement.classList.toggle("ds-coding", is);
      ask("code_page", is ? "code" : "chat");
      if (is) whenBuilt(["#workbench", "#code-tab"], () => bench().childElementCount || build());
    };
    new MutationObserver(look).observe(tab, { attributeFilter: ["aria-selected"] });
    look();
  });
