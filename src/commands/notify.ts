import { Errno } from "../model/errno.ts";
import { ExitCode } from "../model/exit-codes.ts";
import { userPlaces } from "../model/places.ts";
import { escapeName } from "../report/escape.ts";
import { linux } from "../sys/linux.ts";
import { ASK_MS, Notifier } from "./notifier.ts";
import { News, newsPlaces } from "./notify-news.ts";

/** So long somebody may take to press a button. */
const STANDING_MS = 15 * 60_000;

function complain(sentence: string): void {
  process.stderr.write(`bustd: ${escapeName(sentence)}\n`);
}

/** Runs it again and again, whenever a daemon has written something. */
async function watch(notifier: Notifier, news: News): Promise<never> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, for ever
    const problem = await notifier.run();
    if (problem !== null) {
      complain(problem);
    }
    do {
      // oxlint-disable-next-line no-await-in-loop
      await Bun.sleep(ASK_MS);
    } while (!news.hasChanged());
  }
}

/**
 * `notify`: tells the user of this session what was killed of theirs; `--watch`: for as long as the
 * session lasts. Exit code 1 when that cannot be shown.
 */
export async function runNotify(directory: string | null, isWatch: boolean): Promise<number> {
  linux.holdHangup(false);
  const uid = linux.ownUid();
  const places = userPlaces(process.env);
  if (places === null) {
    complain("notify needs XDG_RUNTIME_DIR, and HOME or XDG_STATE_HOME, as a session has them");
    return ExitCode.problems;
  }
  const state = places.incidents.slice(0, places.incidents.lastIndexOf("/"));
  const runtime = places.ring.slice(0, places.ring.lastIndexOf("/"));
  linux.makeDirectory(runtime, 0o700);
  const lock = linux.holdPidFile(`${runtime}/notify.pid`);
  if (lock === -Errno.EAGAIN) {
    // Another one waits for an answer, and shows what is new by itself.
    return ExitCode.ok;
  }
  const news = new News(newsPlaces({ runtime, state }, uid, directory), uid);
  const notifier = new Notifier(news, {
    uid,
    env: process.env,
    runtime,
    standingMs: STANDING_MS,
  });
  if (isWatch) {
    return watch(notifier, news);
  }
  const problem = await notifier.run();
  if (problem !== null) {
    complain(problem);
  }
  return problem === null ? ExitCode.ok : ExitCode.problems;
}
