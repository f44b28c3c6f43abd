import assert from "node:assert/strict";
import { beforeEach, it } from "node:test";

const kept = new Map();
globalThis.window = globalThis;
globalThis.sessionStorage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => kept.set(name, value),
  removeItem: (name) => kept.delete(name),
};
const outbox = await import("../../assets/page/outbox.js");

let sent, ended, hindrance, chat;
const start = () => {
  outbox.start({
    keeps: true,
    chat: () => chat,
    hindrance: () => hindrance,
    send: (message) => new Promise((resolve) => sent.push({ ...message, answer: (state) => resolve({ state }) })),
    goes: () => {},
    ended: (message, outcome) => ended.push([message.text, outcome]),
    changed: () => {},
  });
  outbox.open();
};
const texts = (messages) => messages.map(({ text }) => text);
const told = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  kept.clear();
  [sent, ended, hindrance, chat] = [[], [], "", null];
  start();
});

it("messages go one at a time, in order, each under a key of its own", async () => {
  for (const text of ["one", "two"]) outbox.submit({ act: "send", text });
  assert.deepEqual(texts(sent), ["one"]);
  assert.deepEqual(texts(outbox.waiting()), ["two"]);
  sent[0].answer("sent");
  await told();
  assert.deepEqual(texts(sent), ["one", "two"]);
  assert.notEqual(sent[0].key, sent[1].key);
});

it("what is hindered waits, and goes when nothing is in its way any more, unless it was taken back", () => {
  hindrance = "writing";
  for (const text of ["one", "two"]) outbox.submit({ act: "send", text });
  assert.deepEqual(sent, []);
  outbox.takeBack(outbox.waiting()[0].key);
  hindrance = "";
  outbox.flush();
  assert.deepEqual(texts(sent), ["two"]);
});

it("what finds another answer being written waits again under its key", async () => {
  outbox.submit({ act: "send", text: "one" });
  hindrance = "writing";
  sent[0].answer("busy");
  await told();
  assert.deepEqual(texts(outbox.waiting()), ["one"]);
  assert.equal(outbox.waiting()[0].key, sent[0].key);
});

it("what is refused is sent no more, and the page is told", async () => {
  outbox.submit({ act: "send", text: "one" });
  sent[0].answer("refused");
  await told();
  assert.deepEqual(ended, [["one", "refused"]]);
  assert.deepEqual([outbox.waiting(), kept.size], [[], 0]);
});

it("after a reload the server is asked again under the same key, where it would know that", () => {
  outbox.submit({ act: "send", text: "one" });
  outbox.submit({ act: "compare", text: "both", lane: "compare" });
  start();
  assert.deepEqual(sent.slice(2).map(({ act, key }) => [act, key]), [["send", sent[0].key]]);
});

it("a message belongs to its chat: another does not send it, and a new chat that gets an id keeps it", () => {
  hindrance = "writing";
  outbox.submit({ act: "send", text: "one" });
  outbox.adopt("c1");
  hindrance = "";
  chat = "c2";
  outbox.flush();
  assert.deepEqual(sent, []);
  chat = "c1";
  outbox.flush();
  assert.deepEqual(texts(sent), ["one"]);
});

it("what nobody has answered goes again; what the server could not know again is given up", () => {
  outbox.submit({ act: "send", text: "one" });
  outbox.submit({ act: "compare", text: "both", lane: "compare" });
  outbox.repeat(60_000);
  assert.equal(sent.length, 2);
  outbox.repeat(0);
  assert.deepEqual([sent.length, sent[2].key], [3, sent[0].key]);
  assert.deepEqual(ended, [["both", "unheard"]]);
  for (let repeats = 0; repeats < 3; repeats++) outbox.repeat(0);
  assert.deepEqual([sent.length, ended[1]], [5, ["one", "unheard"]]);
});
