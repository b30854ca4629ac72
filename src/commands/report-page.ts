import { writeFileSync } from "node:fs";
import { errnoSentence } from "../model/errno.ts";
import { ExitCode } from "../model/exit-codes.ts";
import { pageOf } from "../report/page.ts";
import type { Asked } from "./asked.ts";
import { completed, findIncidents } from "./incidents.ts";
import { localTime } from "./moments.ts";
import { readUserNames } from "./users.ts";

/** `report --html FILE`: one page of the newest incident that matches. */
export function runReport(asked: Asked, file: string | undefined): number {
  if (file === undefined) {
    process.stderr.write("bustd: report needs --html FILE; - is standard output\n");
    return ExitCode.usage;
  }
  const query = { ...asked.query, word: asked.query.word ?? "last", newestOnly: true };
  const [incident] = completed(findIncidents(asked, query), asked);
  if (incident === undefined) {
    return ExitCode.problems;
  }
  const page = pageOf(incident, { userOf: readUserNames(), timeOf: localTime });
  if (file === "-") {
    process.stdout.write(page);
    return ExitCode.ok;
  }
  try {
    writeFileSync(file, page);
    return ExitCode.ok;
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    process.stderr.write(`bustd: ${file}: ${errnoSentence(Math.abs(errno))}\n`);
    return ExitCode.problems;
  }
}
