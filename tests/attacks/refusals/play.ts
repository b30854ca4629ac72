import { join, resolve } from "node:path";
import { ExitCode } from "../../../src/model/exit-codes.ts";
import { compile } from "../compile.ts";
import type { Outcome } from "./table.ts";

const here = import.meta.dir;
export const executable = resolve(here, "../../../dist/bustd");

/** What became of it, in the words of refuse.c, and what it said. */
export interface Played {
  verdict: string;
  said: string;
}

function program(): string {
  const filter = join(here, "../actors");
  const files = ["filter.c", "filter.h"].map((name) => join(filter, name));
  return compile("refuse", [join(here, "refuse.c"), ...files]);
}

/** Where a daemon keeps its files. */
const OWN_FILES = 'mount -t tmpfs none /run && mount -t tmpfs none /var/lib && exec "$@"';

/** In a PID namespace of its own a daemon can end nobody else's processes, and with directories of
 * its own it meets no other daemon's files; as another user than root inside a user namespace. */
export function inNamespace(command: readonly string[]): string[] {
  const asRoot = process.geteuid?.() === 0 ? [] : ["--map-root-user"];
  const alone = ["unshare", ...asRoot, "--pid", "--fork", "--mount-proc", "--kill-child"];
  return [...alone, "sh", "-c", OWN_FILES, "sh", ...command];
}

/** Why no such namespace can be had, or "". */
export function missingForNamespaces(): string {
  if (!Bun.which("unshare")) return "unshare of util-linux is missing";
  if (!Bun.which("gcc")) return "gcc is missing";
  return Bun.spawnSync(inNamespace(["true"])).success ? "" : "no PID namespace is to be had";
}

/** The daemon acts at once, whatever memory there is. */
export const ACTS_AT_ONCE = ["-n", "--pid-file", "none", "-m", "100", "-s", "100"];

/** Plays a command, the daemon unless told, under a refusal such as `434:1`, or under `none`. */
export async function play(
  refusal: string,
  command: readonly string[] = [executable, ...ACTS_AT_ONCE],
): Promise<Played> {
  const child = Bun.spawn(inNamespace([program(), refusal, ...command]), {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] },
  });
  const text = await new Response(child.stdout).text();
  await child.exited;
  const end = text.indexOf("\n");
  return { verdict: text.slice(0, end), said: text.slice(end + 1) };
}

const documented = Object.values(ExitCode).filter((code) => code !== ExitCode.ok);

/** What a command says on a line, and what the daemon says on one. */
const SENTENCE = /^(bustd: |\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ )\S.{20,}$/;

/** Sentences of ours, and nothing else. */
function isSentences(said: string): boolean {
  return said
    .trimEnd()
    .split("\n")
    .every((line) => SENTENCE.test(line));
}

/** What a verdict of refuse.c and the daemon's own words amount to; "" for nothing good. */
export function outcomeOf({ said, verdict }: Played): Outcome | "" {
  // Where its signals cannot be blocked, SIGTERM ends it as it ends any program.
  if (verdict === "protects, exit 0" || verdict === "protects, signal 15") return "protects";
  const code = Number(/^exit (\d+)$/.exec(verdict)?.[1] ?? -1);
  if (!documented.some((one) => one === code)) return "";
  return said === "" ? "mute" : isSentences(said) ? "sentence" : "";
}
