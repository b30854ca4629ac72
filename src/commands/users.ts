import { readFileSync } from "node:fs";

/** Names of local users by number; passwd(5). Others are shown as numbers. */
export function readUserNames(): (uid: number) => string {
  const names = new Map<number, string>();
  try {
    for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
      const [name = "", , uid = ""] = line.split(":");
      if (/^\d+$/.test(uid) && !names.has(Number(uid))) {
        names.set(Number(uid), name);
      }
    }
  } catch {
    // Numbers will do.
  }
  return (uid) => names.get(uid) ?? String(uid);
}
