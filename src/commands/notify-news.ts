import { mkdirSync, readFileSync, statSync } from "node:fs";
import { killedOf, warnedOf } from "../desktop/notice.ts";
import type { Incident } from "../model/incident.ts";
import { SYSTEM_NOTICES } from "../model/places.ts";
import { MAX_INCIDENTS } from "../recorder/incidents.ts";
import { linux } from "../sys/linux.ts";
import { incidentIn } from "./read-incident.ts";
import { listIncidents, readIncidentFile } from "./incident-store.ts";
import { readWarning } from "./read-warning.ts";
import { readOwn } from "./trusted-file.ts";

/** Of the file that is left for each user. */
const NOTICES_VERSION = 1;
const LARGEST_FILE = 4 * 1024 * 1024;
/** What is older is no news, also to who has never been told of anything. */
const NEWS_MS = 24 * 3_600_000;
/** Nobody can do anything about a warning of minutes ago. */
export const WARNING_NEWS_MS = 120_000;
const MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** Where a user's news are, and what is kept of them. */
export interface NewsPlaces {
  /** What the system's daemon killed of this user's. */
  readonly notices: string;
  /** The directory of the user's own daemon, and its last warning. */
  readonly incidents: string;
  readonly warned: string;
  /** The ids of what was shown. */
  readonly bookmark: string;
}

/** A user's places; `directory` stands in for all that daemons leave. */
export function newsPlaces(
  { runtime, state }: { readonly runtime: string; readonly state: string },
  uid: number,
  directory: string | null,
): NewsPlaces {
  return {
    notices: `${directory === null ? SYSTEM_NOTICES : `${directory}/notices`}/${uid}.json`,
    incidents: `${directory ?? state}/incidents`,
    warned: `${directory ?? runtime}/warned.json`,
    bookmark: `${state}/notified`,
  };
}

/** What a file of notices says, or a sentence. */
function noticesIn(text: string): readonly Incident[] | string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return "it is cut short, or not JSON";
  }
  const { incidents, version } = { ...(document as { incidents?: unknown; version?: unknown }) };
  if (version !== NOTICES_VERSION || !Array.isArray(incidents)) {
    return `it has format ${String(version)}, and this bustd reads format ${NOTICES_VERSION}`;
  }
  const read = incidents.map(incidentIn);
  const [problem] = read.flatMap((item) => ("problem" in item ? [item.problem] : []));
  return problem ?? read.flatMap((item) => ("incident" in item ? [item.incident] : []));
}

/** What was killed of a user's, and what of it they were told. */
export class News {
  readonly problems: string[] = [];
  readonly #places: NewsPlaces;
  readonly #uid: number;
  #stamp = "";

  constructor(places: NewsPlaces, uid: number) {
    this.#places = places;
    this.#uid = uid;
  }

  /** Whether a daemon has written something since this was asked last. */
  hasChanged(): boolean {
    const { incidents, notices, warned } = this.#places;
    const stamp = [incidents, notices, warned]
      .map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0)
      .join(" ");
    const isOther = stamp !== this.#stamp;
    this.#stamp = stamp;
    return isOther;
  }

  /** The kills, and the warning before one, of which nobody was told, the newest first. */
  unseen(nowMs: number): readonly Incident[] {
    this.problems.length = 0;
    const seen = this.#seen();
    const all = [...this.#own(nowMs), ...this.#noticed(), ...this.#warned(nowMs)];
    const found = new Map(all.map((one) => [one.id, one]));
    return [...found.values()]
      .filter(({ id, wallMs }) => !seen.has(id) && Math.abs(nowMs - wallMs) <= NEWS_MS)
      .filter((one) => killedOf(one, this.#uid).length > 0 || warnedOf(one, this.#uid) !== null)
      .toSorted((one, other) => other.wallMs - one.wallMs);
  }

  /** Keeps in mind that these were shown; null, or the negative error number. */
  remember(incidents: readonly Incident[]): number {
    const { bookmark } = this.#places;
    const ids = [...this.#seen(), ...incidents.map(({ id }) => id)].slice(-2 * MAX_INCIDENTS);
    mkdirSync(bookmark.slice(0, bookmark.lastIndexOf("/")), {
      recursive: true,
      mode: DIRECTORY_MODE,
    });
    return linux.replaceFile(bookmark, `${ids.join("\n")}\n`, MODE);
  }

  #seen(): ReadonlySet<string> {
    try {
      return new Set(readFileSync(this.#places.bookmark, "utf8").split("\n").filter(Boolean));
    } catch {
      return new Set();
    }
  }

  #noticed(): readonly Incident[] {
    const { notices } = this.#places;
    const file = readOwn(notices, LARGEST_FILE);
    if (file.kind === "missing") {
      return [];
    }
    const read =
      file.kind === "found" ? noticesIn(new TextDecoder().decode(file.bytes)) : file.reason;
    if (typeof read === "string") {
      this.problems.push(`${notices}: ${read}`);
      return [];
    }
    return read;
  }

  /** The last warning, while it is news. */
  #warned(nowMs: number): readonly Incident[] {
    const { warned } = this.#places;
    const read = readWarning(warned, readOwn);
    if (typeof read === "string") {
      this.problems.push(read);
    }
    return typeof read === "object" && read !== null && nowMs - read.wallMs <= WARNING_NEWS_MS
      ? [read]
      : [];
  }

  #own(nowMs: number): readonly Incident[] {
    const { incidents } = this.#places;
    const names = listIncidents(incidents);
    if (typeof names === "string") {
      this.problems.push(names);
      return [];
    }
    // A name begins with the time, in UTC.
    const since = new Date(nowMs - NEWS_MS).toISOString().replaceAll(/[-:]/g, "");
    const recent = names.filter((name) => name > since);
    const read = recent.map((name) => readIncidentFile(`${incidents}/${name}`));
    this.problems.push(...read.filter((item) => typeof item === "string"));
    return read.filter((item) => typeof item !== "string");
  }
}
