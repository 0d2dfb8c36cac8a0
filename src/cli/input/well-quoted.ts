/**
 * Whether a CSV row is written as the standard says: a field is quoted from end to end, with its quotes doubled, or has no quote at all.
 * Line ends around the row do not count.
 */
export function isWellQuoted(raw: string): boolean {
  if (!raw.includes('"')) return true;
  const row = raw.replace(/^[\r\n]+/, "").replace(/[\r\n]+$/, "");
  let at = 0;
  for (;;) {
    const end = row[at] === '"' ? endOfQuoted(row, at) : endOfPlain(row, at);
    if (end === -1) return false;
    if (end === row.length) return true;
    if (row[end] !== ",") return false;
    at = end + 1;
  }
}

function endOfQuoted(row: string, start: number): number {
  let quote = row.indexOf('"', start + 1);
  while (quote !== -1 && row[quote + 1] === '"') quote = row.indexOf('"', quote + 2);
  return quote === -1 ? -1 : quote + 1;
}

function endOfPlain(row: string, start: number): number {
  const comma = row.indexOf(",", start);
  const end = comma === -1 ? row.length : comma;
  return row.slice(start, end).includes('"') ? -1 : end;
}
