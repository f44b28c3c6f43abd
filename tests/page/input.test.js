// What a reader does: clicks, keys, numbers, files.
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { gatherFiles } from "../../assets/page/attachments.js";
import { isSlip } from "../../assets/page/buttons.js";
import { isAllowed, within } from "../../assets/page/fields.js";
import { hasMod, isApple, isComposing, knownKey } from "../../assets/page/keyboard.js";
import { changed } from "../../assets/page/unsent.js";

describe("a second click", () => {
  const last = { name: "stop", timeStamp: 1000, clientX: 10, clientY: 10 };
  const now = { name: "send", detail: 1, timeStamp: 1200, clientX: 12, clientY: 12 };
  it("right there on what has only just appeared is a slip", () => assert.ok(isSlip(last, now)));
  it("is meant where it is the first, a key's, the same, later or elsewhere", () => {
    assert.ok(!isSlip(null, now));
    for (const other of [{ detail: 0 }, { name: "stop" }, { timeStamp: 2500 }, { clientX: 22 }, { clientY: -20 }])
      assert.ok(!isSlip(last, { ...now, ...other }), JSON.stringify(other));
  });
});

describe("the keys for Mod", () => {
  const held = (...keys) => ({ getModifierState: (key) => keys.includes(key) });
  it("are Alt alone, and Control with Shift on Apple's", () => {
    assert.ok(hasMod(held("Alt"), "Win32") && hasMod(held("Alt"), ""));
    assert.ok(hasMod(held("Control", "Shift"), "MacIntel"));
  });
  it("are not those with another, as AltGr is", () => {
    assert.ok(!hasMod(held("Alt", "Control"), "Win32"));
    assert.ok(!hasMod(held("Alt"), "MacIntel") && !hasMod(held("Control"), "iPad"));
    assert.ok(!hasMod(held(), "Linux x86_64"));
  });
  it("are Apple's on a phone too", () => assert.deepEqual(["iPhone", "Linux armv81"].map(isApple), [true, false]));
  it("belong to the input method while a word is composed", () => {
    assert.ok(isComposing({ isComposing: false, keyCode: 229 }) && isComposing({ isComposing: true, keyCode: 13 }));
    assert.ok(!isComposing({ isComposing: false, keyCode: 13 }));
  });
});

it("the keys of other chats are those with Control, or Command on Apple's, and at most Shift", () => {
  const key = (...keys) => ({ code: "KeyK", getModifierState: (name) => keys.includes(name) });
  assert.equal(knownKey(key("Control"), "Win32"), "KeyK");
  assert.equal(knownKey(key("Control", "Shift"), "Linux x86_64"), "Shift KeyK");
  assert.equal(knownKey(key("Meta"), "MacIntel"), "KeyK");
  for (const [keys, platform] of [[["Control"], "MacIntel"], [["Meta"], "Win32"], [["Control", "Alt"], ""], [[], ""]])
    assert.equal(knownKey(key(...keys), platform), "");
});

describe("a number", () => {
  const field = (value, min = "0", max = "2", step = "0.1") => ({ value, min, max, step });
  it("is brought within its slider", () => {
    assert.deepEqual(["-1", "3", "0.7", "1e9"].map((value) => within(field(value))), ["0", "2", "0.7", "2"]);
  });
  it("has no limit where the slider gives none", () => assert.equal(within(field("-5", "", "")), "-5"));
  it("is whole where the slider goes by ones", () => assert.equal(within(field("1.6", "0", "9", "1")), "2"));
  it("is told to others only within, and when there is one", () => {
    const allowed = ["0", "2.0", "", "2.1", "-0.1"].filter((value) => isAllowed(field(value)));
    assert.deepEqual(allowed, ["0", "2.0"]);
    assert.ok(!isAllowed(field("1.5", "0", "9", "1")));
  });
});

describe("the parameters that are kept", () => {
  it("are those that differ from the model's own and from what is usual", () => {
    const set = { temperature: 0.6, top_p: 0.9, think: true, stop: "", seed: "7", budget: null };
    assert.deepEqual(changed(set, { temperature: 0.6, top_p: 0.95 }), { top_p: 0.9, seed: "7" });
  });
  it("are also those that a model says otherwise than usual", () => {
    assert.deepEqual(changed({ think: true }, { think: false }), { think: true });
    assert.deepEqual(changed({ think: false }, { think: false }), {});
  });
  it("keep 0 and the off of a switch", () =>
    assert.deepEqual(changed({ temperature: 0, think: false }, { temperature: 1 }), { temperature: 0, think: false }));
});

describe("the files of a folder", () => {
  const file = (name) => ({ name, isFile: true, file: (give) => give(new File(["x"], name, { type: "text/plain" })) });
  const folder = (name, ...batches) => ({
    name,
    createReader: () => ({ readEntries: (give) => give(batches.shift() ?? []) }),
  });
  const gather = async (entry) => {
    const found = [];
    await gatherFiles(entry, "", found);
    return found.map(({ name }) => name.replaceAll("\u2215", "/"));
  };
  it("are named by their paths, however many times the browser has to be asked", async () => {
    const entry = folder("src", [file("a.py"), folder("lib", [file("b.py")])], [file("c.py")]);
    assert.deepEqual(await gather(entry), ["src/a.py", "src/lib/b.py", "src/c.py"]);
  });
  it("are not those that nobody has written", async () => {
    const unwritten = [folder(".git", [file("HEAD")]), folder("node_modules", [file("x.js")])];
    const entry = folder("src", [...unwritten, file(".gitignore")]);
    assert.deepEqual(await gather(entry), ["src/.gitignore"]);
  });
  it("end at the five-hundredth", async () => {
    const many = Array.from({ length: 600 }, (_, at) => file(`${at}`));
    assert.equal((await gather(folder("src", many))).length, 500);
  });
  it("are itself where there is no folder", async () => assert.deepEqual(await gather(file("a.py")), ["a.py"]));
  it("are not lost quietly where the browser refuses one", () =>
    assert.rejects(gather({ name: "a", isFile: true, file: (_, refuse) => refuse(new Error("gone")) }), /gone/));
});
