import { errnoSentence } from "../model/errno.ts";
import { print } from "./output.ts";

/** What standard output can show. */
export interface Screen {
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly isUtf8: boolean;
  readonly hasColor: boolean;
}

/** The size that scripts and files get, and terminals that do not say theirs. */
const COLUMNS = 80;
const ROWS = 24;

type Environment = Readonly<Record<string, string | undefined>>;

/** locale(7): the first of these that is set decides. */
function isUtf8(env: Environment): boolean {
  const names = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]];
  return /utf-?8/i.test(names.find((name) => name !== undefined && name !== "") ?? "");
}

/** https://no-color.org: any text but none switches colours off. */
function hasColor(env: Environment): boolean {
  return (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}

export function readScreen(): Screen {
  const isTerminal = process.stdout.isTTY === true;
  return {
    isTerminal,
    columns: (isTerminal && process.stdout.columns) || COLUMNS,
    rows: (isTerminal && process.stdout.rows) || ROWS,
    isUtf8: isUtf8(process.env),
    hasColor: isTerminal && hasColor(process.env),
  };
}

/**
 * The program to page with, never through a shell; less(1) where nothing else is asked for. A dumb
 * terminal has none: a pager moves about in a text.
 */
function pagerCommand(env: Environment): readonly string[] {
  if (env["TERM"] === "dumb") {
    return ["cat"];
  }
  const named = env["BUSTD_PAGER"] ?? env["PAGER"] ?? "less";
  return named.split(/\s+/).filter((word) => word !== "");
}

/**
 * Shows a text: on a terminal where it does not fit, through a pager, as `less` that ends at the
 * text's end, keeps colours, and gives nobody a shell.
 */
export async function show(text: string, screen: Screen, mayPage: boolean): Promise<void> {
  const command = pagerCommand(process.env);
  const [program = "cat"] = command;
  const fits = text.split("\n").length <= screen.rows;
  if (!screen.isTerminal || !mayPage || fits || program === "cat" || !Bun.which(program)) {
    print(text);
    return;
  }
  const env = { ...process.env, LESS: "FRX", LESSSECURE: "1", LESSCHARSET: "utf-8" };
  try {
    const pager = Bun.spawn([...command], {
      env: screen.isUtf8 ? env : { ...env, LESSCHARSET: "ascii" },
      stdio: [new Blob([text]), "inherit", "inherit"],
    });
    await pager.exited;
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    process.stderr.write(`bustd: ${program}: ${errnoSentence(Math.abs(errno))}\n`);
    print(text);
  }
}
