import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { exports: Record<string, string | { types: string }> };
const entries = Object.entries(exports).flatMap(([path, target]) => (typeof target === "string" ? [] : [[path, join(root, target.types)] as const]));

const program = ts.createProgram(
  entries.map(([, file]) => file),
  { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, types: [], skipLibCheck: true },
);
const checker = program.getTypeChecker();

const isDocumented = (symbol: ts.Symbol): boolean => symbol.getDocumentationComment(checker).length > 0;

const isInternal = (symbol: ts.Symbol): boolean => symbol.getJsDocTags(checker).some(({ name }) => name === "internal");

/** Members that say what they are by the interface or the language: nobody looks them up here. */
const wellKnown = new Set(["toString", "next", "return", "prototype"]);

/** The methods of a class or an interface that users see, its static ones included. */
function methodsOf(symbol: ts.Symbol): ts.Symbol[] {
  const members = [...(symbol.members?.values() ?? []), ...(symbol.exports?.values() ?? [])];
  return members.filter((member) => {
    const [declaration] = member.declarations ?? [];
    if (declaration === undefined || !(ts.isMethodDeclaration(declaration) || ts.isMethodSignature(declaration))) return false;
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    const isNamed = ts.isIdentifier(declaration.name) && !wellKnown.has(declaration.name.text);
    return isNamed && (ts.getCombinedModifierFlags(declaration) & hidden) === 0 && !isInternal(member);
  });
}

describe.each(entries)("%s", (_path, file) => {
  const source = program.getSourceFile(file);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  const symbols = (module === undefined ? [] : checker.getExportsOfModule(module)).map((symbol) =>
    (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol),
  );

  it("exports something", () => {
    expect(symbols.length).toBeGreaterThan(0);
  });

  it("says of every export what it is", () => {
    expect(symbols.filter((symbol) => !isDocumented(symbol)).map(({ name }) => name)).toEqual([]);
  });

  it("says of every method what it does", () => {
    const silent = symbols.flatMap((symbol) =>
      methodsOf(symbol)
        .filter((method) => !isDocumented(method))
        .map(({ name }) => `${symbol.name}.${name}`),
    );
    expect(silent).toEqual([]);
  });
});
