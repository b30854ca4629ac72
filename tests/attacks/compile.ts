import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join, resolve } from "node:path";
import { cache } from "../vm/lab.ts";

/** What is built for the attacks; git ignores it. */
export const built = join(cache, "attacks");

/** Compiles C files into one static program, once for each of their states; its path. */
export function compile(name: string, files: string[], more: string[] = []): string {
  const texts = files.map((file) => readFileSync(file, "utf8"));
  const output = join(built, `${name}-${Bun.hash(texts.join("\0")).toString(36)}`);
  if (existsSync(output)) return output;
  mkdirSync(built, { recursive: true });
  // Others may be making the same.
  const own = `${output}.${process.pid}`;
  const sources = files.filter((file) => file.endsWith(".c"));
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-static", ...more];
  const done = Bun.spawnSync(["gcc", ...flags, "-o", own, ...sources]);
  if (!done.success) throw new Error(`gcc failed: ${done.stderr.toString().slice(0, 2000)}`);
  renameSync(own, output);
  return output;
}

/** The program of all attackers. */
export function attackers(): string {
  const craft = resolve(import.meta.dir, "../vm/actors");
  const folder = join(import.meta.dir, "actors");
  const own = readdirSync(folder).map((name) => join(folder, name));
  const files = [...own, join(craft, "craft.c"), join(craft, "craft.h")];
  return compile("attacks", files, ["-I", craft]);
}
