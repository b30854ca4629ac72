import { readFileSync } from "node:fs";
import { linux } from "../sys/linux.ts";

/** What comes in, in order, for one who waits for it. */
export interface Mailbox<T> {
  readonly put: (item: T) => void;
  /** The next one; null when there is none in time. */
  readonly next: (withinMs: number) => Promise<T | null>;
  readonly clear: () => void;
}

const wakeNobody = () => {};

/** An empty mailbox. */
export function mailbox<T>(): Mailbox<T> {
  const items: T[] = [];
  let wake = wakeNobody;
  return {
    put: (item) => {
      items.push(item);
      wake();
    },
    next: async (withinMs) => {
      if (items.length === 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, withinMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return items.shift() ?? null;
    },
    clear: () => {
      items.length = 0;
    },
  };
}

/** Which notice a run before this one left standing, so that it can be replaced. */
export class LastNotice {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Its number at the server of this name, or 0. */
  of(owner: string): number {
    try {
      const [name, id] = readFileSync(this.#path, "utf8").trim().split(" ");
      return name === owner && /^\d+$/.test(id ?? "") ? Number(id) : 0;
    } catch {
      return 0;
    }
  }

  keep(owner: string, id: number): void {
    linux.replaceFile(this.#path, `${owner} ${id}\n`, 0o600);
  }

  forget(): void {
    linux.removeFile(this.#path);
  }
}
