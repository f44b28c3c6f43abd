// The addresses of the page.
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { hashOf, placeOf } from "../../assets/page/address.js";

describe("an address", () => {
  it("names a tab, and of the chats which", () => {
    assert.deepEqual(placeOf("#chat/a-b_c"), { tab: "chat", chat: "a-b_c" });
    assert.deepEqual(placeOf("#chat"), { tab: "chat", chat: "" });
    assert.deepEqual(placeOf("#code"), { tab: "code", chat: "" });
  });
  it("is written as it is read", () => {
    for (const hash of ["#chat/x", "#chat", "#code", "#compare"]) assert.equal(hashOf(placeOf(hash)), hash);
  });
  it("is nothing else that stands behind the #", () => {
    for (const hash of ["", "#", "#say=abc", "#code/x", "#chats", "#fit-panel"]) assert.equal(placeOf(hash), null, hash);
  });
});
