import { fstatSync } from "node:fs";

/** Whether `JOURNAL_STREAM` names what standard error is: then the journal reads it; systemd.exec(5). */
export function stderrIsJournal(): boolean {
  const named = process.env["JOURNAL_STREAM"] ?? "";
  const { dev, ino } = fstatSync(2);
  return named === `${dev}:${ino}`;
}
