// Where a file of the workspace is written: Monaco's editor where it can be had, a plain field elsewhere and on phones.
import { make } from "./elements.js";
import { isDark } from "./gradio.js";
import { languageOf, loadMonaco } from "./monaco.js";
import { word } from "./work_words.js";

/**
 * @typedef {{ show: (path: string, text: string, readOnly?: boolean) => void, text: () => string,
 *   selection: () => { text: string, first: number, last: number }, reveal: (line: number) => void,
 *   suggest: (provider: any) => void, mark: (wrong: import("./work_check.js").Wrong | null) => void, focus: () => void,
 *   monaco: any, own: any }} Editor
 */
const PHONE = "(max-width: 640px)";


/** @type {(place: any, changed: () => void) => Editor} */
const plainEditor = (place, changed) => {
  const field = make("textarea", { className: "ds-plain-editor", spellcheck: false, wrap: "off", autocapitalize: "off" });
  field.oninput = changed;
  field.onkeydown = (/** @type {KeyboardEvent} */ event) => event.stopPropagation();
  place.replaceChildren(field);
  return {
    show: (path, text, readOnly = false) => {
      field.ariaLabel = path;
      field.readOnly = readOnly;
      if (field.value !== text) field.value = text;
    },
    text: () => field.value,
    selection: () => {
      const before = field.value.slice(0, field.selectionStart).split("\n").length;
      const text = field.value.slice(field.selectionStart, field.selectionEnd);
      return { text, first: before, last: before + text.split("\n").length - 1 };
    },
    reveal: (line) => {
      const at = field.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
      field.focus();
      field.setSelectionRange(at, at);
    },
    mark: (wrong) => {
      field.ariaInvalid = String(Boolean(wrong));
      field.title = wrong?.text ?? "";
    },
    suggest: () => {},
    focus: () => field.focus(),
    monaco: null,
    own: field,
  };
};

/** @type {(monaco: any, place: any, changed: () => void) => Editor} */
const richEditor = (monaco, place, changed) => {
  place.replaceChildren();
  const own = monaco.editor.create(place, {
    automaticLayout: true,
    fontSize: 13,
    minimap: { enabled: false },
    scrollBeyondLastLine: false,
    renderFinalNewline: "on", // else the number of the last line is too pale to be read
    wordWrap: "on",
    fixedOverflowWidgets: true,
    theme: isDark() ? "vs-dark" : "vs",
    unicodeHighlight: { ambiguousCharacters: false },
    tabFocusMode: false,
    inlineSuggest: { enabled: true },
  });
  let isShowing = false;
  let shown = "";
  own.onDidChangeModelContent(() => isShowing || changed());
  new MutationObserver(() => monaco.editor.setTheme(isDark() ? "vs-dark" : "vs")).observe(document.body, { attributeFilter: ["class"] });
  // The page's own keys are not for what is typed here.
  place.addEventListener("keydown", (/** @type {Event} */ event) => event.stopPropagation());
  return {
    show: (path, text, readOnly = false) => {
      own.updateOptions({ readOnly, ariaLabel: path });
      const model = own.getModel();
      if (shown === path && model.getValue() === text) return;
      isShowing = true;
      if (shown !== path) {
        const made = monaco.editor.createModel(text, languageOf(monaco, path));
        own.setModel(made);
        model?.dispose();
        shown = path;
      } else {
        // As an edit, so that cursor, scrolling and Undo stay.
        own.executeEdits("answer", [{ range: model.getFullModelRange(), text, forceMoveMarkers: false }]);
      }
      isShowing = false;
    },
    text: () => own.getModel().getValue(),
    selection: () => {
      const range = own.getSelection();
      return { text: own.getModel().getValueInRange(range), first: range.startLineNumber, last: range.endLineNumber };
    },
    reveal: (line) => {
      own.revealLineInCenter(line);
      own.setPosition({ lineNumber: line, column: 1 });
      own.focus();
    },
    mark: (wrong) => {
      const line = wrong && Math.min(Math.max(wrong.line, 1), own.getModel().getLineCount());
      const range = { startLineNumber: line, endLineNumber: line, startColumn: 1, endColumn: 1000 };
      const marks = wrong ? [{ ...range, message: wrong.text, severity: monaco.MarkerSeverity.Error }] : [];
      monaco.editor.setModelMarkers(own.getModel(), "wrong", marks);
    },
    // In the place of Monaco's own list of the words in a file, which would cover it.
    suggest: (provider) => {
      monaco.languages.registerInlineCompletionsProvider({ pattern: "**" }, provider);
      own.updateOptions({ quickSuggestions: false });
    },
    focus: () => own.focus(),
    monaco,
    own,
  };
};

/**
 * An editor in `place`: the plain one at once; the rich one takes its place and is handed to `grown`.
 * @type {(place: any, changed: () => void, grown: (editor: Editor) => void, missing: (text: string) => void) => Editor}
 */
export const makeEditor = (place, changed, grown, missing) => {
  if (!matchMedia(PHONE).matches)
    loadMonaco().then(
      (monaco) => grown(richEditor(monaco, place, changed)),
      () => missing(word("noEditor")),
    );
  return plainEditor(place, changed);
};
