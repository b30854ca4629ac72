import { KEEPS_NO_BACKSLASH } from "./shell-words.ts";

/** What a variable is set to, or why that cannot be told. */
export type Variable = { readonly value: string } | { readonly problem: string };

export type Variables = ReadonlyMap<string, Variable>;

const ASSIGNMENT = /[ \t]*(?:(?:export|readonly|local|declare(?: +-\w+)*) +)?([A-Za-z_]\w*)(\+?)=/y;

/**
 * The variables that a file sets which a shell reads, or systemd: `export`, `+=`, values over
 * several lines, and, as systemd has it, values without quotes up to the end of the line. Nothing
 * is run.
 */
export function shellVariables(source: string): Variables {
  const variables = new Map<string, Variable>();
  for (let at = 0; at < source.length;) {
    ASSIGNMENT.lastIndex = at;
    const [start, name = "", plus] = ASSIGNMENT.exec(source) ?? [];
    if (start === undefined) {
      at = nextLine(source, at);
      continue;
    }
    const { end, variable } = valueAt(source, at + start.length, variables);
    const before = plus === "+" ? variables.get(name) : undefined;
    variables.set(name, before === undefined ? variable : joined(before, variable));
    at = nextLine(source, end);
  }
  return variables;
}

function nextLine(source: string, at: number): number {
  const end = source.indexOf("\n", at);
  return end === -1 ? source.length : end + 1;
}

function joined(one: Variable, other: Variable): Variable {
  if ("problem" in one) {
    return one;
  }
  return "problem" in other ? other : { value: one.value + other.value };
}

const PIECE = /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|([ \t]+)|([^\s'"\\;]+)/y;

/** The value that begins here, and where it ends. */
function valueAt(
  source: string,
  start: number,
  variables: Variables,
): { readonly variable: Variable; readonly end: number } {
  let variable: Variable = { value: "" };
  let hasQuotes = false;
  let at = start;
  while (at < source.length && source[at] !== "\n" && source[at] !== ";") {
    PIECE.lastIndex = at;
    const [piece, single, double, escaped, blank, plain] = PIECE.exec(source) ?? [];
    if (piece === undefined) {
      const problem = source[at] === "\\" ? "it ends in a backslash" : "a quote is not closed";
      return { variable: { problem }, end: source.length };
    }
    // Behind what was quoted, or before a comment, a blank ends it.
    if (blank !== undefined && (hasQuotes || source[at + piece.length] === "#")) {
      break;
    }
    hasQuotes ||= single !== undefined || double !== undefined;
    const text = double ?? plain;
    const next: Variable =
      text === undefined
        ? { value: single ?? blank ?? unescaped(escaped ?? "") }
        : expanded(text, variables);
    variable = joined(variable, next);
    at += piece.length;
  }
  return { variable, end: at };
}

/** What a backslash and a character outside quotes leave; see `shellWords`. */
function unescaped(character: string): string {
  if (character === "\n") {
    return "";
  }
  return KEEPS_NO_BACKSLASH.test(character) ? character : `\\${character}`;
}

const SPECIAL = /\\([\\"$`\n])|\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\}|([({]))|`/g;

/** A text as it stands between double quotes, with variables in place of their names. */
function expanded(text: string, variables: Variables): Variable {
  return replaced(text, variables, (escaped) => (escaped === "\n" ? "" : escaped));
}

/** The words of a command, still quoted, with variables in place of their names. */
export function expandedCommand(command: string, variables: Variables): Variable {
  let whole: Variable = { value: "" };
  for (const [part] of command.matchAll(/'[^']*'|"(?:[^"\\]|\\[^])*"|(?:[^'"\\]|\\[^])+|[^]/g)) {
    const isLiteral = part.startsWith("'");
    const next = isLiteral
      ? { value: part }
      : replaced(part, variables, (escaped) => `\\${escaped}`);
    whole = joined(whole, next);
  }
  return whole;
}

function replaced(
  text: string,
  variables: Variables,
  escapedText: (escaped: string) => string,
): Variable {
  let problem: string | null = null;
  const value = text.replaceAll(
    SPECIAL,
    (all, escaped?: string, bare?: string, braced?: string) => {
      if (escaped !== undefined) {
        return escapedText(escaped);
      }
      const name = bare ?? braced;
      const variable = name === undefined ? undefined : variables.get(name);
      if (variable !== undefined && "value" in variable) {
        return variable.value;
      }
      const unknown = variable?.problem ?? `it takes ${all} from elsewhere`;
      problem ??= name === undefined ? `it takes ${all}… from a shell` : unknown;
      return "";
    },
  );
  return problem === null ? { value } : { problem };
}
