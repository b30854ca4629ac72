import { readTrusted } from "./trusted-file.ts";
import { writeWhole } from "./write-whole.ts";

const VERSION = 1;
const LARGEST_FILE = 1024 * 1024;
const MODE = 0o600;

/** What was announced already; null where there is no such file, or it is garbled. */
export function readBookmark(path: string): ReadonlySet<string> | null {
  const file = readTrusted(path, LARGEST_FILE);
  if (file.kind !== "found") {
    return null;
  }
  try {
    const { done, version } = JSON.parse(new TextDecoder().decode(file.bytes)) as {
      readonly done?: unknown;
      readonly version?: unknown;
    };
    const isWhole = Array.isArray(done) && done.every((key) => typeof key === "string");
    return version === VERSION && isWhole ? new Set(done) : null;
  } catch {
    return null;
  }
}

/** Writes it anew; null, or a sentence. */
export function writeBookmark(path: string, done: readonly string[]): string | null {
  return writeWhole(path, `${JSON.stringify({ version: VERSION, done })}\n`, MODE);
}
