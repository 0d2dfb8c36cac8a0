import type { Input } from "./input.js";
import { type Line, LineSplitter } from "./line-splitter.js";
import { decodeUtf8 } from "./utf8.js";

/** How many bytes of the input have been handed out. The reader writes it, the progress line reads it. */
export interface Position {
  bytes: number;
}

type Read = { readonly value: unknown } | { readonly problem: string } | undefined;

/** Every line is an input, an empty one too: only the caller knows whether it means something. */
export const readLines = (chunks: AsyncIterable<Buffer>, position: Position): AsyncGenerator<Input, void, undefined> =>
  readLineByLine(chunks, position, (text) => ({ value: text }));

/** Every line is a JSON value; blank lines are none. */
export const readNdjson = (chunks: AsyncIterable<Buffer>, position: Position): AsyncGenerator<Input, void, undefined> =>
  readLineByLine(chunks, position, (text) => {
    if (text.trim() === "") return undefined;
    try {
      return { value: JSON.parse(text) as unknown };
    } catch (error) {
      return { problem: `not JSON: ${(error as SyntaxError).message}` };
    }
  });

async function* readLineByLine(
  chunks: AsyncIterable<Buffer>,
  position: Position,
  read: (text: string) => Read,
): AsyncGenerator<Input, void, undefined> {
  const splitter = new LineSplitter();
  let index = 0;
  const inputFrom = (line: Line): Input | undefined => {
    position.bytes = line.end;
    const result = readLine(line, read);
    if (result === undefined) return undefined;
    if ("value" in result) return { kind: "good", index: index++, value: result.value };
    return { kind: "bad", index: index++, problem: `line ${line.number.toLocaleString("en")}: ${result.problem}` };
  };
  for await (const chunk of chunks) {
    for (const line of splitter.push(chunk)) {
      const input = inputFrom(line);
      if (input) yield input;
    }
  }
  for (const line of splitter.end()) {
    const input = inputFrom(line);
    if (input) yield input;
  }
}

function readLine(line: Line, read: (text: string) => Read): Read {
  const decoded = decodeUtf8(line.bytes);
  if (decoded.ok) return read(decoded.text);
  const byte = (line.bytes[decoded.at] ?? 0).toString(16).padStart(2, "0");
  return { problem: `not UTF-8: byte 0x${byte} at offset ${(line.offset + decoded.at).toLocaleString("en")} of the input` };
}
