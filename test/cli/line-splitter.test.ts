import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter } from "../../src/cli/input/line-splitter.js";

const split = (chunks: readonly Buffer[]) => {
  const splitter = new LineSplitter();
  const lines = [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()];
  return lines.map(({ bytes, ...rest }) => ({ ...rest, text: bytes.toString("latin1") }));
};

const texts = (text: string): string[] => split([Buffer.from(text)]).map((line) => line.text);

/** Bytes with many line ends, carriage returns and byte order marks among them. */
const bytes = fc.array(fc.constantFrom("\n", "\r", "\r\n", "a", "bc", "\u00ef\u00bb\u00bf", "\u00ff"), { maxLength: 40 });

const cut = (whole: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [0, ...cuts.map((n) => n % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return places.slice(1).map((end, i) => whole.subarray(places[i], end));
};

describe("the line splitter", () => {
  it("gives the same lines however the bytes are cut into chunks", () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(), { maxLength: 12 }), (parts, cuts) => {
        const whole = Buffer.from(parts.join(""), "latin1");
        expect(split(cut(whole, cuts))).toEqual(split([whole]));
      }),
      { numRuns: 2_000 },
    );
  });

  it("tells for each line where in the input it stands", () => {
    fc.assert(
      fc.property(bytes, (parts) => {
        const whole = Buffer.from(parts.join(""), "latin1");
        for (const [i, line] of split([whole]).entries()) {
          expect(line.number).toBe(i + 1);
          expect(whole.subarray(line.offset, line.offset + line.text.length).toString("latin1")).toBe(line.text);
        }
        const last = split([whole]).at(-1);
        if (last) expect(last.end).toBe(whole.length);
      }),
    );
  });

  it("ends lines with LF and CRLF, and needs none at the end of the input", () => {
    expect(texts("a\nb\r\nc")).toEqual(["a", "b", "c"]);
    expect(texts("a\n")).toEqual(["a"]);
    expect(texts("")).toEqual([]);
  });

  it("keeps empty lines, and carriage returns that end no line", () => {
    expect(texts("\n\r\n\n")).toEqual(["", "", ""]);
    expect(texts("a\rb\n\r\r\nc\r")).toEqual(["a\rb", "\r", "c\r"]);
  });

  it("drops a byte order mark at the beginning and nowhere else", () => {
    expect(texts("\ufeffa\nb")).toEqual(["a", "b"]);
    expect(texts("\ufeff")).toEqual([]);
    expect(texts("\ufeff\n")).toEqual([""]);
    expect(split([Buffer.from("\ufeffa\n\ufeffb")])).toEqual([
      { number: 1, offset: 3, end: 5, text: "a" },
      { number: 2, offset: 5, end: 9, text: "\u00ef\u00bb\u00bfb" },
    ]);
  });

  it("gives up on a line that does not end, with its number", () => {
    const splitter = new LineSplitter(10);
    expect([...splitter.push(Buffer.from("a\n123456"))]).toHaveLength(1);
    expect(() => [...splitter.push(Buffer.from("789012"))]).toThrow("line 2 is longer than 10 bytes");
  });
});
