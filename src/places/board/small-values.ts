/** Values that a board can keep; anything else is sent at once. 0 is no such value. */
const kinds = { undefined: 1, null: 2, false: 3, true: 4, number: 5 } as const;

export function kindOf(value: unknown): number {
  switch (typeof value) {
    case "number":
      return kinds.number;
    case "undefined":
      return kinds.undefined;
    case "boolean":
      return value ? kinds.true : kinds.false;
    default:
      return value === null ? kinds.null : 0;
  }
}

export function valueOf(kind: number, number: number): unknown {
  return kind === kinds.number ? number : kind === kinds.undefined ? undefined : kind === kinds.null ? null : kind === kinds.true;
}
