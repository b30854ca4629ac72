import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { runDaemon } from "../../src/daemon.ts";

const SRC = join(import.meta.dir, "../../src");

/** A change to the source that makes it wrong. */
export interface Fault {
  readonly name: string;
  /** Occurs exactly once in all of `src/`. */
  readonly instead: RegExp;
  readonly planted: string;
}

/**
 * The daemon with a fault planted into a copy of its source. Throws when there is not exactly one
 * place for it: then the source has changed, and the fault must be described anew.
 */
export async function plant({ instead, name, planted }: Fault): Promise<typeof runDaemon> {
  const places = [...new Bun.Glob("**/*.ts").scanSync(SRC)].flatMap((path) => {
    const text = readFileSync(join(SRC, path), "utf8");
    return instead.test(text) ? [{ path, text }] : [];
  });
  const [place] = places;
  if (place === undefined || places.length > 1) {
    throw new Error(`"${name}" has ${places.length} places in src/ where it could be planted`);
  }
  const copy = mkdtempSync(join(tmpdir(), "bustd-planted-"));
  try {
    cpSync(SRC, copy, { recursive: true });
    writeFileSync(join(copy, place.path), place.text.replace(instead, planted));
    const module = (await import(join(copy, "daemon.ts"))) as { runDaemon: typeof runDaemon };
    return module.runDaemon;
  } finally {
    rmSync(copy, { recursive: true });
  }
}
