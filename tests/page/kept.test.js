import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { always, inTab, isLasting, mendStores } from "../../assets/page/kept.js";

const refusing = () => {
  throw new DOMException("refused", "SecurityError");
};

describe("a browser that refuses its stores", () => {
  beforeEach(() => {
    globalThis.window = {};
    for (const name of ["localStorage", "sessionStorage"])
      Object.defineProperty(globalThis.window, name, { get: refusing, configurable: true });
  });
  it("gets stand-ins that hold as long as the page", () => {
    assert.throws(() => inTab.get("a"));
    mendStores();
    assert.ok(!isLasting());
    assert.equal(inTab.get("a"), null);
    inTab.set("a", "1");
    assert.deepEqual([inTab.get("a"), always.get("a")], ["1", null]);
    inTab.remove("a");
    assert.equal(inTab.get("a"), null);
  });
});

it("a store that is full forgets without a word", () => {
  globalThis.window = { sessionStorage: { getItem: () => "old", setItem: refusing } };
  inTab.set("a", "new");
  assert.equal(inTab.get("a"), "old");
});
