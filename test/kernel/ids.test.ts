import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkName, checkNodeName, checkPid, isAddress, makePid, makeRef, nameAddress, nameIn, nodeOf } from "../../src/kernel/ids.js";

const node = fc.stringMatching(/^[^\s.#!<>]+$/);
const id = fc.nat();
const name = fc.string({ minLength: 1 }).filter((text) => !text.startsWith("<"));

describe("pids, refs and names on other nodes as addresses", () => {
  it("tell their node, and are told from names", () => {
    fc.assert(
      fc.property(node, id, name, (node, id, name) => {
        for (const address of [makePid(node, id), makeRef(node, id), nameAddress({ name, node })]) {
          expect(isAddress(address)).toBe(true);
          expect(nodeOf(address)).toBe(node);
        }
        expect(nameIn(nameAddress({ name, node }))).toBe(name);
        expect(nameIn(makePid(node, id))).toBeUndefined();
        expect(nameIn(makeRef(node, id))).toBeUndefined();
        expect(isAddress(name)).toBe(false);
      }),
    );
  });

  it("are different when anything about them is, and survive JSON and structured clone", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(node, id), { selector: ([node, id]) => `${node} ${id}`, minLength: 2 }), (all) => {
        const addresses = all.flatMap(([node, id]) => [makePid(node, id), makeRef(node, id)]);
        expect(new Set(addresses).size).toBe(addresses.length);
        expect(JSON.parse(JSON.stringify(addresses))).toEqual(addresses);
        expect(structuredClone(addresses)).toEqual(addresses);
      }),
    );
  });

  it("nodeOf answers undefined for any other text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = nodeOf(text);
        if (found !== undefined) expect(text.startsWith(`<${found}`)).toBe(true);
      }),
    );
    for (const text of ["", "<", "<>", "main.1", "<.1>", "<main>", "name"]) expect(nodeOf(text)).toBeUndefined();
  });
});

describe("what is refused", () => {
  const refused = (check: () => void): boolean => {
    try {
      check();
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: "invalid_option" });
      return true;
    }
  };

  it("node names that pids could not carry, and only those", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => refused(() => checkNodeName(value)) === !(typeof value === "string" && /^[^\s.#!<>]+$/.test(value))),
    );
    fc.assert(fc.property(node, (value) => !refused(() => checkNodeName(value))));
  });

  it("names that could be taken for addresses, and the empty one", () => {
    fc.assert(fc.property(name, (value) => !refused(() => checkName("name", value))));
    for (const value of ["", "<main.1>", "<", 1, null, undefined, {}]) expect(refused(() => checkName("name", value))).toBe(true);
  });

  it("for a pid, everything else", () => {
    fc.assert(
      fc.property(node, id, (node, id) => !refused(() => checkPid("pid", makePid(node, id))) && refused(() => checkPid("pid", makeRef(node, id)))),
    );
    fc.assert(fc.property(fc.anything(), (value) => refused(() => checkPid("pid", value)) || typeof value === "string"));
  });
});
