/** How many indexes share one table. */
const tableSize = 4_096;

/**
 * Which inputs have succeeded before: for each index a hash of the input, four bytes, so that the memory of ten million inputs fits in
 * 40 MB. Index and input must both agree, for a file may have changed since.
 */
export class DoneInputs {
  readonly #tables = new Map<number, Uint32Array>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(index: number, inputJson: string): void {
    const page = Math.floor(index / tableSize);
    let table = this.#tables.get(page);
    if (table === undefined) {
      table = new Uint32Array(tableSize);
      this.#tables.set(page, table);
    }
    if (table[index % tableSize] === 0) this.#count += 1;
    table[index % tableSize] = hash(inputJson);
  }

  /** `changed`: something else succeeded at this index, so the input is not the one of the earlier run. */
  look(index: number, inputJson: string): "done" | "changed" | "new" {
    const known = this.#tables.get(Math.floor(index / tableSize))?.[index % tableSize] ?? 0;
    if (known === 0) return "new";
    return known === hash(inputJson) ? "done" : "changed";
  }
}

/** FNV-1a over UTF-16 units. Never 0, which means "nothing here". */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value >>> 0 || 1;
}
