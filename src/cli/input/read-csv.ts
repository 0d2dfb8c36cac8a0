import { type Readable, pipeline } from "node:stream";
import { type CsvError, type Parser, parse } from "csv-parse";
import { BadInputError } from "./bad-input-error.js";
import type { Input } from "./input.js";
import { LineCounter } from "./line-counter.js";
import type { Position } from "./read-lines.js";
import { decodeUtf8 } from "./utf8.js";
import { isWellQuoted } from "./well-quoted.js";

/** What the parser hands out: a row, or in its place what was wrong with it. */
type Row =
  | { readonly record: readonly string[]; readonly raw: string; readonly info: { readonly bytes: number } }
  | { readonly problem: string; readonly start: number };

const badlyQuoted = { problem: "a quote stands where none may: quote the whole field, and double the quotes in it" };

/** A quote that is never closed takes in all that follows; it must not fill the memory. */
const longestRow = 256 * 1024 * 1024;

/**
 * Every row is an input: an object with the names of the header row. The parser is told that the bytes are
 * Latin-1, which keeps every one of them, and the text is made here: the parser would put U+FFFD where the file is not UTF-8.
 */
export async function* readCsv(source: Readable, position: Position): AsyncGenerator<Input, void, undefined> {
  const lines = new LineCounter();
  const parser = rowsOf(source, lines);
  let header: readonly string[] | undefined;
  let index = 0;
  let start = 0;
  for await (const row of parser as AsyncIterable<Row>) {
    const line = lines.lineAt("start" in row ? row.start : start);
    const read = "problem" in row ? row : isWellQuoted(row.raw) ? decodeRow(row.record) : badlyQuoted;
    if ("record" in row) start = position.bytes = row.info.bytes;
    if (header === undefined) {
      header = headerFrom(read);
      continue;
    }
    const input = "fields" in read ? objectFrom(header, read.fields) : read;
    const where = `line ${line.toLocaleString("en")}`;
    if ("problem" in input) yield { kind: "bad", index: index++, problem: `${where}: ${input.problem}` };
    else yield { kind: "good", index: index++, value: input.value };
  }
}

function rowsOf(source: Readable, lines: LineCounter): Parser {
  const parser = parse({
    encoding: "latin1",
    info: true,
    raw: true,
    // Bad quoting is judged by isWellQuoted: when the parser complains of it, it has lost the ends of the rows that follow.
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: longestRow,
    // A quote that is never closed. Pushed as a row of its own, so that it comes in its turn.
    on_skip: (error) => {
      if (error) parser.push({ problem: complaint(error), start: Number(error["bytes"]) } satisfies Row);
      return undefined;
    },
  });
  pipeline(
    source,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of withoutMark(chunks)) {
        lines.add(chunk);
        yield chunk;
      }
    },
    parser,
    // The reader of the parser gets the error; there is nobody else to tell.
    () => {},
  );
  return parser;
}

/** Drops a byte order mark, which would become part of the first column's name. */
async function* withoutMark(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < 3) continue;
    yield head.subarray(0, 3).toString("hex") === "efbbbf" ? head.subarray(3) : head;
    head = undefined;
  }
  if (head !== undefined && head.length > 0) yield head;
}

function complaint(error: CsvError): string {
  switch (error.code as string) {
    case "CSV_QUOTE_NOT_CLOSED":
      return "a quote is opened and never closed";
    case "CSV_MAX_RECORD_SIZE":
      return `the row is longer than ${longestRow.toLocaleString("en")} bytes`;
    default:
      return error.message;
  }
}

type Decoded = { readonly fields: readonly string[] } | { readonly problem: string };

function decodeRow(record: readonly string[]): Decoded {
  const fields: string[] = [];
  for (const [column, field] of record.entries()) {
    const bytes = Buffer.from(field, "latin1");
    const decoded = decodeUtf8(bytes);
    if (!decoded.ok) {
      const byte = (bytes[decoded.at] ?? 0).toString(16).padStart(2, "0");
      return { problem: `not UTF-8: byte 0x${byte} in column ${column + 1}` };
    }
    fields.push(decoded.text);
  }
  return { fields };
}

/** Without its header a file has no meaning at all: what is wrong with it cannot be skipped. */
function headerFrom(read: Decoded): readonly string[] {
  if ("problem" in read) throw new BadInputError(`the header row: ${read.problem}`);
  const repeated = read.fields.find((name, column) => read.fields.indexOf(name) !== column);
  if (repeated !== undefined) throw new BadInputError(`the header row names two columns "${repeated}"`);
  return read.fields;
}

function objectFrom(header: readonly string[], fields: readonly string[]): { readonly value: unknown } | { readonly problem: string } {
  if (fields.length !== header.length) {
    return { problem: `the row has ${counted(fields.length)} where the header row has ${header.length}` };
  }
  return { value: Object.fromEntries(header.map((name, column) => [name, fields[column]])) };
}

const counted = (n: number): string => (n === 1 ? "1 field" : `${n} fields`);
