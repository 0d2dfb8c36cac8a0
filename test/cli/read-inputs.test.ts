import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Input } from "../../src/cli/input/input.js";
import { readCsv } from "../../src/cli/input/read-csv.js";
import { readLines, readNdjson } from "../../src/cli/input/read-lines.js";

type Reader = (stream: Readable, position: { bytes: number }) => AsyncGenerator<Input, void, undefined>;

const read = async (reader: Reader, ...chunks: (string | Buffer)[]) => {
  const inputs: Input[] = [];
  for await (const input of reader(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), { bytes: 0 })) inputs.push(input);
  return inputs.map((input) => (input.kind === "good" ? input.value : `bad ${input.index}: ${input.problem}`));
};

describe("lines", () => {
  it("are strings, empty ones too", async () => {
    expect(await read(readLines, "a b\n\n", "ünïcødé \u{1f600}\r\n", "last")).toEqual(["a b", "", "ünïcødé \u{1f600}", "last"]);
  });

  it("that are not UTF-8 tell the line, the byte and its offset, and the others are read", async () => {
    expect(await read(readLines, "one\n", Buffer.from("Stra\xdfe\n", "latin1"), "three\n")).toEqual([
      "one",
      "bad 1: line 2: not UTF-8: byte 0xdf at offset 8 of the input",
      "three",
    ]);
  });
});

describe("NDJSON", () => {
  it("gives any JSON value, an array as one value", async () => {
    expect(await read(readNdjson, '{"a":1}\n[1,2]\r\n"x"\nnull\n12')).toEqual([{ a: 1 }, [1, 2], "x", null, 12]);
  });

  it("passes over blank lines but counts them", async () => {
    expect(await read(readNdjson, "1\n\n  \n{broken\n2\n")).toEqual([1, expect.stringMatching(/^bad 1: line 4: not JSON: /), 2]);
  });

  it("survives the round trip of any value", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
        const json = values.map((value) => JSON.stringify(value));
        expect(await read(readNdjson, json.join("\n"))).toEqual(json.map((text) => JSON.parse(text) as unknown));
      }),
    );
  });
});

describe("CSV", () => {
  it("gives rows as objects named by the header", async () => {
    expect(await read(readCsv, "\ufeffname,size\r\n", 'a,1\r\n"b ""2"", c","multi\r\nline"\r\n', "\r\nünï,3")).toEqual([
      { name: "a", size: "1" },
      { name: 'b "2", c', size: "multi\r\nline" },
      { name: "ünï", size: "3" },
    ]);
  });

  it("has no rows when there is only a header, or nothing", async () => {
    expect(await read(readCsv, "a,b\n")).toEqual([]);
    expect(await read(readCsv, "")).toEqual([]);
  });

  it("tells rows that are too long, too short, not UTF-8 or badly quoted, each in its turn", async () => {
    const text = ["a,b", "1,2", "3", "4,5,6", '7,x"yz', '"8"u,9', "10,11", ""].join("\n");
    expect(await read(readCsv, text, Buffer.from("Stra\xdfe,1\n", "latin1"), "12,13\n")).toEqual([
      { a: "1", b: "2" },
      "bad 1: line 3: the row has 1 field where the header row has 2",
      "bad 2: line 4: the row has 3 fields where the header row has 2",
      expect.stringMatching(/^bad 3: line 5: a quote stands where none may/),
      expect.stringMatching(/^bad 4: line 6: a quote stands where none may/),
      { a: "10", b: "11" },
      "bad 6: line 8: not UTF-8: byte 0xdf in column 1",
      { a: "12", b: "13" },
    ]);
  });

  it("tells the line of a quote that is never closed", async () => {
    expect(await read(readCsv, 'a,b\r\n1,"x\r\ny"\r\n2,"3\r\n4,5\r\n')).toEqual([
      { a: "1", b: "x\r\ny" },
      "bad 1: line 4: a quote is opened and never closed",
    ]);
  });

  it("refuses a header that names a column twice or is not UTF-8", async () => {
    await expect(read(readCsv, "a,b,a\n1,2,3\n")).rejects.toThrow('the header row names two columns "a"');
    await expect(read(readCsv, Buffer.from("Stra\xdfe\n1\n", "latin1"))).rejects.toThrow("the header row: not UTF-8");
  });

  it("keeps a column named __proto__ a column", async () => {
    const [row] = await read(readCsv, "__proto__,b\n1,2\n");
    expect(Object.keys(row as object)).toEqual(["__proto__", "b"]);
  });

  it("reads any table, however it is cut into chunks", async () => {
    const quote = (field: string) => `"${field.replaceAll('"', '""')}"`;
    const field = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r\n", "ü", " "), maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field), { maxLength: 6 }), fc.integer({ min: 1, max: 7 }), async (rows, size) => {
        const whole = Buffer.from(["a,b", ...rows.map((row) => row.map(quote).join(","))].join("\n"));
        const chunks: Buffer[] = [];
        for (let at = 0; at < whole.length; at += size) chunks.push(whole.subarray(at, at + size));
        expect(await read(readCsv, ...chunks)).toEqual(rows.map(([a, b]) => ({ a, b })));
      }),
    );
  });
});
