import { readFileSync } from "node:fs";
import { join } from "node:path";

const PLACEHOLDERS = [
  // Of a template that was not filled in, see packaging/README.md; the journal fills in its own.
  /@(?!BUSTD_)[A-Z][A-Z0-9_]*@/,
  // Addresses and hosts that nobody has: RFC 2606, RFC 6761.
  /@(?:[\w-]+\.)*(?:localhost|invalid|test|example|example\.(?:com|net|org))(?![\w.-])/,
  /\/\/(?:[\w-]+\.)*(?:invalid|test|example|example\.(?:com|net|org))(?![\w.-])/,
  /github\.com\/owner\//i,
] as const;

/** What stands in a text where something of this release should stand. */
export function placeholdersIn(text: string): readonly string[] {
  return PLACEHOLDERS.flatMap((pattern) => pattern.exec(text)?.[0] ?? []);
}

/** Throws when a text file below a directory holds a placeholder; executables are left out. */
export function refusePlaceholders(directory: string): void {
  const paths = [...new Bun.Glob("**").scanSync({ cwd: directory, dot: true })].toSorted();
  for (const path of paths) {
    const content = readFileSync(join(directory, path));
    const found = content.includes(0) ? [] : placeholdersIn(content.toString());
    if (found.length > 0) {
      throw new Error(`${path} holds a placeholder: ${found.join(", ")}`);
    }
  }
}
