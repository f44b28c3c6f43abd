// What is looked for in all chats, and where it is found.
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { importedText } from "../../assets/page/chat_notices.js";
import { headOf, inOrder, shownTurns, withPin } from "../../assets/page/chat_record.js";
import { entryOf, fold, searched, snippet, spans, withShown, wordsOf } from "../../assets/page/search.js";

const turn = (id, more = {}) => ({ id, parent: "", question: `asked ${id}`, ...more });
const chat = (id, title, updated, ...turns) => ({ id, title, created: 0, updated, turns });
const find = (chats, text) => searched(chats.map(entryOf), text);

const CHATS = [
  chat("a", "Apples", 1, turn("1", { answer: "Pears and plums", reasoning: "A quince?" })),
  chat("b", "四川菜谱", 2, turn("1", { question: "麻婆豆腐怎么做？", answer: "先把豆腐切块。" })),
  chat("c", "Plums", 3, turn("1", { answer: "none" }), turn("2", { parent: "1", answer: "Pears. apples" })),
];

describe("chats are found", () => {
  const ids = (text) => find(CHATS, text).map(({ id }) => id);
  it("by titles, questions, answers and thoughts, whatever the case", () => {
    assert.deepEqual(ids("QUINCE"), ["a"]);
    assert.deepEqual(ids("asked"), ["c", "a"]);
    assert.deepEqual(ids("pears apples"), ["c", "a"]);
  });
  it("in Chinese, which has no blanks", () => assert.deepEqual(ids("豆腐切"), ["b"]));
  it("first where the title has it, then the newest", () => assert.deepEqual(ids("plums"), ["c", "a"]));
  it("only where all words are", () => assert.deepEqual(ids("pears quince plums nothing"), []));
  it("all of them where nothing is looked for", () => assert.deepEqual(ids(" "), ["c", "b", "a"]));
  it("at the message that has most of the words", () => {
    const [{ passage }] = find(CHATS, "quince");
    assert.deepEqual([passage.turn, passage.place], ["1", "thoughts"]);
    assert.equal(find(CHATS, "pears apples")[0].passage.turn, "2");
  });
  it("though another version of the app has written them", () =>
    assert.deepEqual(find([{ id: "z", title: "Later", updated: 1 }], "later").length, 1));
  it("in a moment among five hundred", () => {
    const answer = "a quick brown fox ".repeat(1000);
    const entries = Array.from({ length: 500 }, (_, at) => entryOf(chat(`${at}`, "T", at, turn("1", { answer }))));
    const begun = performance.now();
    assert.equal(searched(entries, "fox dog").length, 0);
    assert.ok(performance.now() - begun < 500);
  });
});

describe("what was found", () => {
  it("is marked wherever it stands, once where words overlap", () => {
    assert.deepEqual(spans("Pear pears", wordsOf("PEAR ear")), [[0, 4], [5, 9]]);
    assert.deepEqual(spans("x", []), []);
  });
  it("keeps its place beside letters that change their length", () => {
    assert.equal(fold("İstanbul").length, "İstanbul".length);
    assert.deepEqual(spans("İİ Pear", ["pear"]), [[3, 7]]);
  });
  it("is shown with what stands around it, on one line", () => {
    const text = `${"before ".repeat(20)}\n\nthe pear ${"after ".repeat(60)}`;
    const cut = snippet(text, ["pear"]);
    assert.match(cut, /^….*the pear after.*…$/);
    assert.ok(cut.length < 170 && !cut.includes("\n"));
    assert.equal(snippet("short", ["short"]), "short");
    const apart = `pear ${"x ".repeat(200)} pear and plum`;
    assert.match(snippet(apart, ["plum", "pear"]), /pear and plum$/);
  });
  it("is shown in the version that it is of, and those above it", () => {
    const versions = chat("v", "V", 1, turn("1"), turn("2"), turn("3", { parent: "1" }));
    const shown = (record) => shownTurns(record).map(({ id }) => id);
    assert.deepEqual(shown(versions), ["2"]);
    assert.deepEqual(shown(withShown(versions, "3")), ["1", "3"]);
    assert.equal(withShown(versions, "2"), versions);
  });
});

it("what is pinned stands above all that is newer, and says so in its head", () => {
  const [old, young] = [withPin(CHATS[0], true), CHATS[2]];
  assert.deepEqual([young, old].sort(inOrder), [old, young]);
  assert.ok(headOf(old).pinned);
  assert.ok(!("pinned" in headOf(withPin(old, false))) && !("pinned" in headOf(young)));
});

it("of what was imported only that is told which there is", () => {
  const words = (name) => `${name} {count}.`;
  assert.equal(importedText({ added: 2, known: 0, twice: 0 }, words), "imported 2.");
  assert.equal(importedText({ added: 1, known: 3, twice: 2 }, words), "imported 1. twice 2. known 3.");
  assert.equal(importedText({ added: 0, known: 2, twice: 0 }, words), "known 2.");
  assert.equal(importedText({ added: 0, known: 0, twice: 0 }, () => "none"), "none");
});
