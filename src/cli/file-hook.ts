import type { Hook, HookEvent } from "../model/hook.ts";
import { durationMs } from "./amounts.ts";
import type { Complain, FindUser, Reading } from "./file-rule.ts";
import { quote } from "./quote.ts";
import { HOOK_SHAPES, TIMEOUT } from "./shapes.ts";
import type { Entry, Place } from "./toml.ts";

/** What a hook has that says nothing else. */
const DEFAULT_TIMEOUT_MS = 30_000;
const LONGEST_TIMEOUT_MS = 600_000;

/** Names of keys, for those who mistype one. */
export const HOOK_KEYS: readonly string[] = Object.keys(HOOK_SHAPES);

/** A `[[hook]]` table. */
interface HookTable {
  readonly origin: string;
  readonly place: Place;
  readonly entries: readonly Entry[];
  /** Those of them that are known and have their shapes. */
  readonly good: readonly Entry[];
}

/** Makes a hook of a table; null where it could not run, which is a problem then. */
export function hookOf(
  { origin, place, entries, good }: HookTable,
  findUser: FindUser,
  { complain }: Pick<Reading, "complain">,
): Hook | null {
  const entryOf = (key: string) => good.find((entry) => entry.key === key);
  const on = entryOf("on");
  const run = entryOf("run");
  for (const key of ["on", "run"]) {
    if (!entries.some((entry) => entry.key === key)) {
      complain(place, "hook", `found no ${key}, which each hook must have`);
    }
  }
  const uid = uidOf(entryOf("user"), findUser, complain);
  const timeoutMs = timeoutOf(entryOf("timeout"), complain);
  if (on === undefined || run === undefined || !isCommand(run, complain)) {
    return null;
  }
  const events = [...new Set([on.value].flat() as HookEvent[])];
  return { origin, on: events, run: run.value as string[], timeoutMs, uid };
}

function isCommand(run: Entry, complain: Complain): boolean {
  const words = run.value as string[];
  const [program = ""] = words;
  const isAbsolute = program.startsWith("/");
  const withNul = words.findIndex((word) => word.includes("\0"));
  if (!isAbsolute) {
    const allowed = "an absolute path, for no shell looks for it";
    complain(run.place(0), "hook.run", `found ${quote(program)}, allowed is ${allowed}`);
  }
  if (withNul >= 0) {
    complain(run.place(withNul), "hook.run", "an argument cannot hold the character NUL");
  }
  return isAbsolute && withNul < 0;
}

function uidOf(entry: Entry | undefined, findUser: FindUser, complain: Complain): number | null {
  if (entry === undefined) {
    return null;
  }
  const { value } = entry;
  const uid = typeof value === "number" ? value : findUser(String(value));
  if (uid === null) {
    const unknown = `there is no user ${quote(String(value))} in /etc/passwd`;
    complain(entry.place(), "hook.user", unknown);
  }
  return uid;
}

function timeoutOf(entry: Entry | undefined, complain: Complain): number {
  if (entry === undefined) {
    return DEFAULT_TIMEOUT_MS;
  }
  const text = String(entry.value);
  const ms = durationMs(text) ?? 0;
  if (ms <= 0 || ms > LONGEST_TIMEOUT_MS) {
    complain(entry.place(), "hook.timeout", `found ${quote(text)}, allowed is ${TIMEOUT}`);
  }
  return ms;
}
