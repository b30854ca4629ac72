/** The executable under a filter that refuses one system call after the other. */
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { systemCalls } from "../rights.ts";
import { leftOut } from "../withstood.ts";
import { ACTS_AT_ONCE, executable, missingForNamespaces, outcomeOf, play } from "./play.ts";
import { ERRORS, expected, TABLE, type ErrorName } from "./table.ts";

const timeoutMs = 120_000;
const built = existsSync(executable) ? "" : "npm run build makes dist/bustd";
const missing = built || missingForNamespaces();
const numbers = missing === "" ? systemCalls() : new Map<string, number>();
/** Reads a file as the runtime does, for which it starts a thread. */
const noLineOfOurs = [process.execPath, "--print", 'await Bun.file("/proc/self/stat").text()'];

/** Whether the runtime cannot do without the call. */
async function isRuntimes(refusal: string): Promise<boolean> {
  const { verdict } = await play(refusal, noLineOfOurs);
  return verdict !== "exit 0";
}

async function problemOf(call: string, error: ErrorName): Promise<string> {
  const refusal = `${numbers.get(call)}:${ERRORS[error]}`;
  const wanted = expected(call, error);
  const played = await play(refusal);
  const outcome = outcomeOf(played);
  const isGood =
    wanted === "either" ? outcome === "protects" || outcome === "sentence" : outcome === wanted;
  if (isGood) return "";
  // What waits for ever would take the control's time as well.
  if (wanted === "runtime" && outcome === "") {
    if (played.verdict === "hangs" || (await isRuntimes(refusal))) return "";
  }
  const said = played.said.slice(0, 300);
  return `${call} ${error}: ${wanted} was expected, and it ${played.verdict}: ${said}`;
}

describe("a daemon that is refused", () => {
  const calls = Object.keys(TABLE).filter((call) => missing !== "" || numbers.has(call));
  for (const call of calls) {
    const why = leftOut(missing);
    const outcomes = new Set(
      Object.keys(ERRORS).map((error) => expected(call, error as ErrorName)),
    );
    test.concurrent.skipIf(why !== "")(
      `${call}: ${[...outcomes].join(", ")}${why}`,
      async () => {
        for (const error of Object.keys(ERRORS)) {
          expect(await problemOf(call, error as ErrorName)).toBe("");
        }
      },
      timeoutMs,
    );
  }
});

test.skipIf(leftOut(missing) !== "")(
  "without a refusal both programs do what they must",
  async () => {
    expect(outcomeOf(await play("none"))).toBe("protects");
    expect(await isRuntimes("none")).toBe(false);
  },
);

const strace = Bun.which("strace") ? "" : "strace is missing";
const whyNoStrace = leftOut(missing || strace);
test.skipIf(whyNoStrace !== "")(
  `every system call that the daemon makes is in the table${whyNoStrace}`,
  async () => {
    const log = `${process.env["TMPDIR"] ?? "/tmp"}/bustd-calls-${process.pid}`;
    const traced = ["strace", "-f", "-qq", "-o", log, executable, ...ACTS_AT_ONCE];
    const { verdict } = await play("none", [Bun.which("strace")!, ...traced.slice(1)]);
    const text = await Bun.file(log).text();
    await Bun.file(log).delete();
    const made = new Set([...text.matchAll(/^\d+ +([a-z_0-9]+)\(/gm)].map(([, name = ""]) => name));
    expect([...made].filter((name) => !(name in TABLE))).toEqual([]);
    expect(made.size).toBeGreaterThan(40);
    expect(verdict).toStartWith("protects");
  },
  timeoutMs,
);
