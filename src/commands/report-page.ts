import { closeSync, constants, openSync, writeFileSync } from "node:fs";
import { errnoSentence } from "../model/errno.ts";
import { ExitCode } from "../model/exit-codes.ts";
import { escapeName } from "../report/escape.ts";
import { pageOf } from "../report/page.ts";
import type { Asked } from "./asked.ts";
import { completed, findIncidents } from "./incidents.ts";
import { zonedTime } from "./moments.ts";
import { print } from "./output.ts";
import { readUserNames } from "./users.ts";

const { O_CREAT, O_NONBLOCK, O_TRUNC, O_WRONLY } = constants;
/** As of the incidents: names of other people's programs are not for everybody. */
const MODE = 0o640;

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
  const page = pageOf(incident, { userOf: readUserNames(), timeOf: zonedTime });
  if (file === "-") {
    print(page);
    return ExitCode.ok;
  }
  try {
    // A pipe that nobody reads is no reason to wait.
    const fd = openSync(file, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, MODE);
    writeFileSync(fd, page);
    closeSync(fd);
    return ExitCode.ok;
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    process.stderr.write(`bustd: ${escapeName(file)}: ${errnoSentence(Math.abs(errno))}\n`);
    return ExitCode.problems;
  }
}
