// Suggestions at the cursor: when they are asked for, what calls them off, what needs no asking.
import assert from "node:assert/strict";
import { test } from "node:test";

import { gapAt, leftOf, makeCursor } from "../../assets/page/work_cursor.js";

const AT = { lineNumber: 1, column: 3 };
const textOf = (text) => ({ getValue: () => text, getOffsetAt: () => text.indexOf("|") });
const token = () => {
  const heard = [];
  return {
    isCancellationRequested: false,
    onCancellationRequested: (listener) => heard.push(listener),
    cancel() {
      this.isCancellationRequested = true;
      heard.forEach((listener) => listener());
    },
  };
};

/** A cursor over answers that are given one by one; `asked` is what came, `told` what was told. */
const cursorOver = (...answers) => {
  const asked = [];
  const told = [];
  const page = { name: "m", path: "a.py" };
  const cursor = makeCursor({
    ask: async (act, target, text) => {
      asked.push([act, target, text && JSON.parse(text)]);
      return act === "complete_at" ? answers.shift() : {};
    },
    path: () => page.path,
    model: () => page.name,
    tell: (news) => told.push(news),
    pauseMs: 0,
  });
  const ask = async (text, triggerKind = 0, by = token()) =>
    (await cursor.provideInlineCompletions(textOf(text), AT, { triggerKind }, by)).items.map((item) => item.insertText);
  return { ask, asked, told, page };
};
const answered = (text) => ({ text, paths: [], tokens: 9, budget: 99 });

test("a gap is what stands on either side of the cursor, cut far away from it", () => {
  assert.deepEqual(gapAt("ab", 1), { before: "a", after: "b" });
  const { before, after } = gapAt("a".repeat(90_000), 45_000);
  assert.deepEqual([before.length, after.length], [40_000, 40_000]);
});

test("a suggestion that is typed needs no asking, and goes where something else is typed", async () => {
  const { ask, asked, told } = cursorOver(answered("bcd"), answered("zzz"));
  assert.deepEqual(await ask("a|"), ["bcd"]);
  assert.deepEqual(told, [{ suggestion: answered("bcd") }]);
  assert.equal(asked[0][2].before, "a");
  const known = { path: "a.py", gap: { before: "a", after: "|" }, texts: ["bcd"] };
  assert.deepEqual(leftOf(known, "a.py", { before: "ab", after: "|" }), ["cd"]);
  assert.deepEqual(await ask("ab|"), ["cd"]);
  assert.equal(asked.length, 1);
  assert.deepEqual(await ask("ax|"), ["zzz"]);
  assert.deepEqual(leftOf(known, "b.py", { before: "ab", after: "|" }), []);
  assert.deepEqual(leftOf(known, "a.py", { before: "abcd", after: "|" }), []);
});

test("who asks for another one is given it beside the first, and no more than a few", async () => {
  const { ask, asked } = cursorOver(answered("1"), answered("2"), answered("1"), answered("3"), answered("4"), answered("5"));
  await ask("a|");
  assert.deepEqual(await ask("a|", 1), ["1", "2"]);
  assert.deepEqual(await ask("a|", 1), ["1", "2"]); // the same once more
  for (let k = 0; k < 5; k += 1) await ask("a|", 1);
  assert.deepEqual(await ask("a|", 1), ["1", "2", "3", "4", "5"]);
  assert.deepEqual(asked.map(([, , { variant }]) => variant), [0, 1, 2, 2, 3, 4]);
});

test("typing on before the pause asks nothing; after it, it calls the question off", async () => {
  const writing = Promise.withResolvers();
  const { ask, asked } = cursorOver(writing.promise);
  const early = token();
  const none = ask("a|", 0, early);
  early.cancel();
  assert.deepEqual(await none, []);
  assert.deepEqual(asked, []);
  const late = token();
  const called = ask("b|", 0, late);
  while (!asked.length) await new Promise((resolve) => setTimeout(resolve));
  late.cancel();
  writing.resolve(answered("x"));
  assert.deepEqual(await called, []);
  const [[, , { number }], end] = asked;
  assert.deepEqual(end, ["complete_end", String(number), undefined]);
});

test("a model that cannot is asked once, and another one again", async () => {
  const { ask, asked, told, page } = cursorOver({ cannot: "not trained" }, answered("x"));
  assert.deepEqual(await ask("a|"), []);
  assert.deepEqual(await ask("b|"), []);
  assert.deepEqual(told, [{ cannot: "not trained" }]);
  page.name = "other";
  assert.deepEqual(await ask("c|"), ["x"]);
  page.path = "";
  assert.deepEqual(await ask("d|"), []);
  assert.equal(asked.length, 2);
});
