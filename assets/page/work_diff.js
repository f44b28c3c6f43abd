// What an answer proposes to make of a file: its hunks with lines around them, each to be taken or left.
import { make } from "./elements.js";
import { button, word } from "./work_words.js";

/** @typedef {{ at: number, old: string[], new: string[] }} Hunk */
/**
 * @typedef {{ hunks: Hunk[], base: string, isConflict: boolean, isEmptying: boolean,
 *   conflicts: { line: number, mine: string, theirs: string }[] }} Proposal
 */
const AROUND = 3;

/**
 * The lines of a hunk with those around it, numbered as in the file: what kind, which number, which text.
 * @type {(lines: string[], hunk: Hunk) => [kind: "same" | "old" | "new", number: number, text: string][]}
 */
export const rowsOf = (lines, { at, old, new: added }) => {
  const first = Math.max(0, at - AROUND);
  const end = at + old.length;
  return [
    .../** @type {any[]} */ (lines.slice(first, at).map((text, k) => ["same", first + k + 1, text])),
    .../** @type {any[]} */ (old.map((text, k) => ["old", at + k + 1, text])),
    .../** @type {any[]} */ (added.map((text) => ["new", 0, text])),
    .../** @type {any[]} */ (lines.slice(end, end + AROUND).map((text, k) => ["same", end + k + 1, text])),
  ];
};

const SIGNS = { same: " ", old: "−", new: "+" };
/** @type {Record<string, () => string>} */
const SAID = { same: () => "", old: () => word("removed"), new: () => word("added") };

/** @type {(row: ["same" | "old" | "new", number, string]) => any} */
const drawn = ([kind, number, text]) =>
  make(
    "div",
    { className: `ds-line is-${kind}` },
    make("span", { className: "ds-line-number", textContent: number || "" }),
    make("span", { className: "ds-line-sign", textContent: SIGNS[kind], ariaLabel: SAID[kind](), role: "img" }),
    make("code", { textContent: text || "\u200b" }),
  );

/**
 * @type {(path: string, proposal: Proposal, settle: (act: string, text?: string) => void) => any}
 */
export const drawDiff = (path, proposal, settle) => {
  const lines = proposal.base.split("\n").map((line) => line.replace(/\r$/, ""));
  const whole = make(
    "div",
    { className: "ds-diff-head" },
    make("strong", { textContent: path }),
    make("span", { className: "ds-grow", textContent: proposal.isEmptying ? word("emptying") : word("proposed") }),
    ...(proposal.isConflict
      ? [button("keepMine", "ds-pill", () => settle("change_reject")), button("takeTheirs", "ds-pill is-main", () => settle("change_force"))]
      : [button("reject", "ds-pill", () => settle("change_reject")), button("accept", "ds-pill is-main", () => settle("change_accept"))]),
  );
  const parts = proposal.isConflict ? proposal.conflicts.map(drawConflict) : proposal.hunks.map((hunk, number) =>
    make(
      "div",
      { className: "ds-hunk" },
      make("div", { className: "ds-hunk-lines", tabIndex: 0 }, ...rowsOf(lines, hunk).map(drawn)),
      proposal.hunks.length > 1
        ? make(
            "div",
            { className: "ds-hunk-tools" },
            button("leaveHunk", "ds-pill", () => settle("hunk_reject", String(number))),
            button("takeHunk", "ds-pill", () => settle("hunk_accept", String(number))),
          )
        : "",
    ),
  );
  return make("div", { className: "ds-diff" }, whole, proposal.isConflict ? make("p", { textContent: word("conflict") }) : "", ...parts);
};

/** @type {(conflict: { line: number, mine: string, theirs: string }) => any} */
const drawConflict = ({ line, mine, theirs }) => {
  /** @type {(text: string, kind: "old" | "new") => any[]} */
  const side = (text, kind) => text.replace(/\n$/, "").split("\n").map((one, k) => drawn([kind, kind === "old" ? line + k : 0, one]));
  return make("div", { className: "ds-hunk" }, make("div", { className: "ds-hunk-lines", tabIndex: 0 }, ...side(mine, "old"), ...side(theirs, "new")));
};
