import { type AST, getStaticTOMLValue, ParseError, parseTOML } from "toml-eslint-parser";
import { printable, quote } from "./quote.ts";

/** Line and column, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** `key = value` in a file. */
export interface Entry {
  /** With dots where it was written with dots, or lies in a table that has no meaning here. */
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: unknown;
  /** Where the value, or one element or character of it is. */
  place(element?: number, character?: number): Place;
}

/** The entries of a file, in its order: its own and those of each table of a list of tables. */
export interface Document {
  readonly entries: readonly Entry[];
  readonly tables: readonly {
    readonly name: string;
    readonly place: Place;
    readonly entries: readonly Entry[];
  }[];
}

export interface SyntaxProblem extends Place {
  readonly reason: string;
}

/** Reads TOML, keeping where each thing stands. */
export function readToml(text: string): Document | SyntaxProblem {
  try {
    return documentOf(parseTOML(text));
  } catch (error) {
    if (error instanceof ParseError) {
      const { column, lineNumber, message } = error;
      const reason = printable(message.charAt(0).toLowerCase() + message.slice(1));
      return { line: lineNumber, column: column + 1, reason };
    }
    return { line: 1, column: 1, reason: "nested too deeply to be read" };
  }
}

function documentOf(program: AST.TOMLProgram): Document {
  const entries: Entry[] = [];
  const tables: Document["tables"][number][] = [];
  for (const node of program.body[0].body) {
    if (node.type === "TOMLTable") {
      const name = nameOf(node.key);
      const inside = node.body.flatMap((pair) => entriesOf(pair, ""));
      if (node.kind === "array") {
        tables.push({ name, place: placeOf(node.key), entries: inside });
      } else {
        entries.push(tableEntry(name, node));
      }
      continue;
    }
    const { value } = node;
    if (value.type === "TOMLArray" && isListOfTables(value)) {
      for (const element of value.elements) {
        const inside = element.body.flatMap((pair) => entriesOf(pair, ""));
        tables.push({ name: nameOf(node.key), place: placeOf(element), entries: inside });
      }
    } else {
      entries.push(...entriesOf(node, ""));
    }
  }
  return { entries, tables };
}

function isListOfTables(
  array: AST.TOMLArray,
): array is AST.TOMLArray & { elements: AST.TOMLInlineTable[] } {
  const { elements } = array;
  return elements.length > 0 && elements.every(({ type }) => type === "TOMLInlineTable");
}

function nameOf(key: AST.TOMLKey): string {
  return getStaticTOMLValue(key)
    .map((part) => (/^[\w-]+$/.test(part) ? part : quote(part)))
    .join(".");
}

function placeOf({ loc }: AST.HasLocs): Place {
  return { line: loc.start.line, column: loc.start.column + 1 };
}

function tableEntry(key: string, node: AST.TOMLTable): Entry {
  const place = placeOf(node.key);
  return { key, keyPlace: place, value: {}, place: () => place };
}

/** No key takes tables or lists within its value: of those it is only kept what they are. */
function flatValue(node: AST.TOMLContentNode): unknown {
  switch (node.type) {
    case "TOMLArray":
      return [];
    case "TOMLInlineTable":
      return {};
    default:
      return getStaticTOMLValue(node);
  }
}

function entriesOf(pair: AST.TOMLKeyValue, prefix: string): Entry[] {
  const key = prefix + nameOf(pair.key);
  const { value } = pair;
  if (value.type === "TOMLInlineTable" && value.body.length > 0) {
    return value.body.flatMap((inner) => entriesOf(inner, `${key}.`));
  }
  return [
    {
      key,
      keyPlace: placeOf(pair.key),
      value: value.type === "TOMLArray" ? value.elements.map(flatValue) : flatValue(value),
      place(element, character): Place {
        const elements = value.type === "TOMLArray" ? value.elements : [];
        return characterPlace(elements[element ?? -1] ?? value, character);
      },
    },
  ];
}

/** Where a character of a string stands, if the file holds it letter for letter. */
function characterPlace(node: AST.TOMLContentNode, character: number | undefined): Place {
  const place = placeOf(node);
  const literally =
    node.type === "TOMLValue" &&
    node.kind === "string" &&
    !node.multiline &&
    node.range[1] - node.range[0] === node.value.length + 2;
  return literally && character !== undefined
    ? { line: place.line, column: place.column + 1 + character }
    : place;
}
