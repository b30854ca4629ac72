import { Errno } from "../model/errno.ts";
import type { HandoverName, PageRange } from "../sys/sys.ts";

/** What a machine that is only looked at does not do: it takes notice of nothing. */
export class NoMachine {
  readonly text = new Uint8Array(65_536);
  pids = new Int32Array(4096);
  readonly tids = new Int32Array(1);
  readonly #encoder = new TextEncoder();

  /** Puts a text where readers look for it; its length, or the error in its place. */
  protected fill(content: string | number): number {
    return typeof content === "number"
      ? content
      : this.#encoder.encodeInto(content, this.text).written;
  }

  holdHangup(_hold: boolean): void {}

  restoreOutput(): void {}

  collectGarbage(): void {}

  watchSignals(): number {
    return 0;
  }

  signalSender(): null {
    return null;
  }

  moveDescriptor(_fd: number, onto: number): number {
    return onto;
  }

  ownerOf(_path: string): number {
    return 0;
  }

  ownUid(): number {
    return 0;
  }

  hurry(_pid: number): number {
    return 0;
  }

  compareMemory(_pid: number, _other: number): number {
    return 1;
  }

  releaseMemory(_pidfd: number): number {
    return 0;
  }

  write(_fd: number, text: string): number {
    return text.length;
  }

  canWrite(_fd: number): boolean {
    return true;
  }

  raisePriority(): number {
    return 0;
  }

  lockMemory(): number {
    return 0;
  }

  unlockMemory(): number {
    return 0;
  }

  lockRange(_range: PageRange): number {
    return 0;
  }

  advise(_range: PageRange, _advice: number): number {
    return 0;
  }

  isTextUniform(_length: number): boolean {
    return true;
  }

  isBlank(_range: PageRange): boolean {
    return false;
  }

  pageFaults(): number {
    return 0;
  }

  writeFile(_path: string, _text: string): number {
    return -Errno.ENOENT;
  }

  sendDatagram(_socketPath: string, _text: string): number {
    return -Errno.ENOENT;
  }

  readAt(_fd: number, _bytes: number, _offset: number): number {
    return -Errno.ENOENT;
  }

  mapFile(_path: string, _bytes: number): ArrayBuffer | number {
    return -Errno.ENOENT;
  }

  replaceFile(_path: string, _text: string, _mode: number): number {
    return -Errno.ENOENT;
  }

  makeDirectory(_path: string, _mode: number): number {
    return -Errno.ENOENT;
  }

  listNames(_path: string): readonly string[] {
    return [];
  }

  holdPidFile(_path: string): number {
    return -Errno.ENOENT;
  }

  removeFile(_path: string): number {
    return -Errno.ENOENT;
  }

  readHandover(_fd: number): string | null {
    return null;
  }

  startBeside(_args: readonly string[], _env: readonly string[]): number {
    return 0;
  }

  restart(_as: HandoverName, _content: string, _argv: readonly string[]): number {
    return -Errno.ENOENT;
  }
}
