import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { hasSameText, hasWords, headOf, imported, renamed } from "../../assets/page/chat_record.js";
import { isNewerThan, shownTurns, titleOf, withTurn } from "../../assets/page/chat_record.js";

const turn = (id, parent = "", more = {}) => ({ id, parent, question: `asked ${id}`, ...more });
const record = (...turns) => ({ id: "a", turns });
const asked = (question) => record({ id: "1", question });

describe("a title", () => {
  it("is the first question in one line", () => assert.equal(titleOf(asked("  two\n\t words "), "none"), "two words"));
  it("has a stand-in where the question is blank", () => assert.equal(titleOf(asked(" \n "), "none"), "none"));
  it("ends with a whole word and no comma", () => {
    const title = titleOf(asked(`${"a".repeat(30)} ${"b".repeat(20)}, ${"c".repeat(30)}`), "none");
    assert.equal(title, `${"a".repeat(30)} ${"b".repeat(20)}…`);
  });
  it("cuts a word rather than leave next to nothing", () =>
    assert.equal(titleOf(asked(`a ${"b".repeat(80)}`), "none"), `a ${"b".repeat(54)}…`));
  it("counts signs, so that none is cut in two", () => {
    assert.equal(titleOf(asked("🐋".repeat(56)), "none"), "🐋".repeat(56));
    assert.equal(titleOf(asked("🐋".repeat(57)), "none"), `${"🐋".repeat(56)}…`);
  });
  it("stays where nothing is left of another", () => {
    const chat = { ...asked("x"), title: "old", created: 1, updated: 1 };
    assert.equal(renamed(chat, " \n "), chat);
    assert.equal(renamed(chat, ` ${"x".repeat(300)} `).title, "x".repeat(200));
    assert.equal(chat.title, "old");
  });
});

it("the head of a chat holds nothing of its text", () => {
  const chat = { ...asked("x"), title: "t", created: 1, updated: 2, origin: "b" };
  assert.deepEqual(headOf(chat), { id: "a", title: "t", created: 1, updated: 2 });
});

it("the same text is the same turns and the same choice among them", () => {
  assert.ok(hasSameText({ ...asked("x"), title: "one" }, { ...asked("x"), title: "other" }));
  assert.ok(!hasSameText(asked("x"), asked("y")));
  assert.ok(!hasSameText({ ...asked("x"), chosen: { "": "1" } }, asked("x")));
});

describe("the turns that are shown", () => {
  it("are none of none", () => assert.deepEqual(shownTurns(record()), []));
  it("are the last versions where nobody has chosen", () => {
    const turns = [turn("1"), turn("2"), turn("3", "1"), turn("4", "2")];
    assert.deepEqual(shownTurns(record(...turns)).map(({ id }) => id), ["2", "4"]);
  });
  it("are those that were chosen, down the tree", () => {
    const chat = { ...record(turn("1"), turn("2"), turn("3", "1"), turn("4", "1")), chosen: { "": "1", 1: "3" } };
    assert.deepEqual(shownTurns(chat).map(({ id }) => id), ["1", "3"]);
  });
  it("are the last again where the choice is gone", () =>
    assert.equal(shownTurns({ ...record(turn("1"), turn("2")), chosen: { "": "gone" } })[0].id, "2"));
  it("begin with one that has no parent, not even an empty one", () =>
    assert.equal(shownTurns(asked("x"))[0].id, "1"));
});

describe("a turn that is written on", () => {
  const chat = { ...record(turn("1", "", { files: ["f"] }), turn("2", "1")), title: "t", created: 1, updated: 1 };
  it("keeps its files, which are not sent again", () =>
    assert.deepEqual(withTurn(chat, turn("1", "", { answer: "x" })).turns[0].files, ["f"]));
  it("takes the place of itself and leaves the chat it came from", () => {
    const { turns } = withTurn(chat, turn("2", "1", { answer: "x" }));
    assert.deepEqual(turns.map(({ answer }) => answer), [undefined, "x"]);
    assert.equal(chat.turns[1].answer, undefined);
  });
  it("is of no use without its chat or its place", () => {
    assert.equal(withTurn(undefined, turn("1")), null);
    assert.equal(withTurn(chat, turn("3")), null);
  });
});

describe("records of a file", () => {
  const here = [{ ...asked("x"), title: "t", created: 1, updated: 1 }];
  it("that are here are known, under their own id or that they came with", () => {
    const came = [{ ...here[0], id: "b", origin: "a" }];
    for (const chats of [here, came])
      assert.deepEqual(imported([asked("x")], chats, "none", () => "new"), {
        added: [],
        counts: { added: 0, known: 1, twice: 0 },
      });
  });
  it("that differ stand beside, with an id of their own", () => {
    const { added, counts } = imported([asked("y")], here, "none", () => "new");
    assert.deepEqual(counts, { added: 0, known: 0, twice: 1 });
    assert.deepEqual([added[0].id, added[0].origin, added[0].title], ["new", "a", "y"]);
  });
  it("keep their title and times, and have one without turns", () => {
    const records = [{ ...record(), created: 5, updated: 6 }, { ...asked("x"), title: "mine" }];
    const { added } = imported(records, [], "none", () => "n");
    assert.deepEqual(added.map(({ title }) => title), ["none", "mine"]);
    assert.deepEqual([added[0].created, added[0].updated], [5, 6]);
    assert.ok(added[1].created > 0);
  });
});

it("words are searched for in the title, questions, answers and thoughts, wherever they stand", () => {
  const chat = { ...record({ id: "1", question: "Äpfel", answer: "und Birnen", reasoning: "Quitten?" }, turn("2", "1")), title: "Obst" };
  assert.ok(hasWords(chat, ["äpf", "birnen", "obst", "quitten"]));
  assert.ok(hasWords(chat, []));
  assert.ok(!hasWords(chat, ["obst", "kirschen"]));
  assert.ok(!hasWords({ title: "of another version" }, ["undefined"]));
});

describe("news that were overtaken on the way", () => {
  const chat = { ...asked("x"), heard_s: 1000 };
  it("are older than what is kept", () => assert.ok(isNewerThan(chat, 999)));
  it("are those alone", () => {
    assert.ok(!isNewerThan(chat, 1000));
    assert.ok(!isNewerThan(chat, 1001));
    assert.ok(!isNewerThan(undefined, 1));
    assert.ok(!isNewerThan(asked("x"), 1));
  });
  it("are not what a clock says that was set back", () => assert.ok(!isNewerThan(chat, 500)));
});
