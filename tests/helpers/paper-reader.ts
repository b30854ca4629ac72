import { Errno } from "../../src/model/errno.ts";
import type { ProcessFile, TaskFile } from "../../src/sys/sys.ts";
import { PaperCalls } from "./paper-calls.ts";

const ENODATA = 61;
/** About as many as the kernel lists in one call. */
const LISTED_AT_ONCE = 2500;

/** The verbs of the paper kernel that read files and directories. */
export class PaperReader extends PaperCalls {
  /** Extended attributes, by `PATH NAME`. */
  readonly attributes = new Map<string, string>();
  /** Owners of paths; all else belongs to root. */
  readonly owners = new Map<string, number>();
  private listed = 0;

  openToRead(path: string): number {
    return this.unlessRefused("openToRead", () => {
      const content = this.contentOf(path);
      return typeof content === "number" ? content : this.opened(path);
    });
  }

  readFromStart(fd: number): number {
    return this.unlessRefused("readFromStart", () => this.readPart(fd, this.text.length, 0));
  }

  readAt(fd: number, bytes: number, offset: number): number {
    return this.unlessRefused("readAt", () => this.readPart(fd, bytes, offset));
  }

  readFile(path: string): number {
    return this.unlessRefused("readFile", () => this.fill(this.contentOf(path)));
  }

  readProcessFile(pid: number, name: ProcessFile): number {
    const path = `/proc/${pid}/${name}`;
    return this.unlessRefused("readProcessFile", () => this.fill(this.contentOf(path)));
  }

  readTaskFile(pid: number, tid: number, name: TaskFile): number {
    const path = `/proc/${pid}/task/${tid}/${name}`;
    return this.unlessRefused("readTaskFile", () => this.fill(this.contentOf(path)));
  }

  listProcesses(isMore: boolean): number {
    const living = [...this.processes.keys()].filter((pid) => this.isAlive(pid));
    this.listed = (isMore ? this.listed : 0) + LISTED_AT_ONCE;
    const isAll = this.listed >= living.length;
    return this.unlessRefused("listProcesses", () => {
      const count = this.listPids(
        isAll ? living.toSorted((a, b) => a - b) : living.slice(0, this.listed),
      );
      return isAll ? count : -Errno.EAGAIN;
    });
  }

  listTasks(pid: number): number {
    const tasks = this.isAlive(pid) ? (this.processes.get(pid)?.tasks ?? [pid]) : null;
    return this.unlessRefused("listTasks", () =>
      tasks === null ? -Errno.ENOENT : this.listTids(tasks),
    );
  }

  openShmemKib(pid: number, sinceWallMs: number): number {
    const { openShmemKib = 0, openShmemWallMs = Infinity } = this.processes.get(pid) ?? {};
    const kib = openShmemWallMs >= sinceWallMs ? openShmemKib : 0;
    return this.unlessRefused("openShmemKib", () => (this.isAlive(pid) ? kib : -Errno.ENOENT));
  }

  readAttribute(path: string, name: string): number {
    const value = this.attributes.get(`${path} ${name}`) ?? -ENODATA;
    return this.unlessRefused("readAttribute", () => this.fill(value));
  }

  ownerOf(path: string): number {
    return this.unlessRefused("ownerOf", () => this.owners.get(path) ?? 0);
  }

  close(fd: number): void {
    this.spend();
    if (!this.open.delete(fd)) {
      throw new Error(`descriptor ${fd} was closed twice, or never opened`);
    }
  }

  moveDescriptor(fd: number, onto: number): number {
    return this.unlessRefused("moveDescriptor", () => {
      this.open.set(onto, this.open.get(fd) ?? "");
      this.open.delete(fd);
      return onto;
    });
  }
}
