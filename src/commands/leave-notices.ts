import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { errnoSentence } from "../model/errno.ts";
import type { Incident } from "../model/incident.ts";
import { noticeText, peopleOf, usersIn } from "./notices.ts";
import { writeWhole } from "./write-whole.ts";

const OTHERS_WRITE = 0o022;
const DIRECTORY_MODE = 0o755;
/** Its owner alone. */
const NOTICE_MODE = 0o400;
const NOTICE = /^(\d+)\.json$/;

/** A directory that everybody may look into, and only we may write; null, or a sentence. */
export function makeNoticesDirectory(path: string): string | null {
  try {
    mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
    const stats = lstatSync(path);
    const isOurs = stats.isDirectory() && stats.uid === process.geteuid?.();
    if (!isOurs || (stats.mode & OTHERS_WRITE) !== 0) {
      return `${path}: others could have put something there; remove it`;
    }
    // Whatever the umask.
    chmodSync(path, DIRECTORY_MODE);
    return null;
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    return `${path}: ${errnoSentence(Math.abs(errno))}`;
  }
}

/**
 * Whose processes a notice is left for: people, and others while they are logged in; never root.
 * Who is not root leaves them for themselves.
 */
function readConcerned(): (uid: number) => boolean {
  const euid = process.geteuid?.() ?? -1;
  if (euid !== 0) {
    return (uid) => uid === euid;
  }
  let isPerson = peopleOf("");
  try {
    isPerson = peopleOf(readFileSync("/etc/login.defs", "utf8"));
  } catch {
    // The usual numbers.
  }
  return (uid) => uid > 0 && (isPerson(uid) || existsSync(`/run/user/${uid}`));
}

/**
 * Makes what each user finds say what is: the incidents of the last day. A new file comes only of
 * `news`; what is there already is kept up to date. Sentences about what could not be written.
 */
export function leaveNotices(
  directory: string,
  incidents: readonly Incident[],
  news: readonly Incident[],
): readonly string[] {
  const isConcerned = readConcerned();
  const there = readdirSync(directory).flatMap((name) => NOTICE.exec(name)?.[1] ?? []);
  const users = new Set([...there.map(Number), ...news.flatMap(usersIn).filter(isConcerned)]);
  return [...users].flatMap((uid) => {
    const path = `${directory}/${uid}.json`;
    const text = noticeText(incidents, uid, Date.now());
    if (text === "") {
      rmSync(path, { force: true });
      return [];
    }
    if (existsSync(path) && readFileSync(path, "utf8") === text) {
      return [];
    }
    return writeWhole(path, text, NOTICE_MODE, uid) ?? [];
  });
}
