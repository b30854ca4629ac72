import { readFileSync } from "node:fs";

/** A user as passwd(5) has them. */
export interface Account {
  readonly name: string;
  readonly gid: number;
  readonly home: string;
}

/** Local users by number; of two with one number the first. */
export function readAccounts(): ReadonlyMap<number, Account> {
  const accounts = new Map<number, Account>();
  try {
    for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
      const [name = "", , uid = "", gid = "", , home = "/"] = line.split(":");
      if (/^\d+$/.test(uid) && !accounts.has(Number(uid))) {
        accounts.set(Number(uid), { name, gid: Number(gid), home });
      }
    }
  } catch {
    // Numbers will do.
  }
  return accounts;
}

/** Names of local users by number. Others are shown as numbers. */
export function readUserNames(): (uid: number) => string {
  const accounts = readAccounts();
  return (uid) => accounts.get(uid)?.name ?? String(uid);
}
