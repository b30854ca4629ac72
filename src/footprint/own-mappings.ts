import type { PageRange, Sys } from "../sys/sys.ts";

/** One line of `/proc/self/maps`; proc_pid_maps(5). */
export interface Mapping {
  address: number;
  bytes: number;
  writable: boolean;
  /** A private mapping of a file, memory that is nobody's file, or what is neither. */
  backing: "file" | "memory" | "other";
}

/** What `/proc/self/pagemap` says of a page; Documentation/admin-guide/mm/pagemap.rst. */
export const Page = {
  /** Mapped, and the file's own page. */
  file: 0xa0,
  /** Mapped, and the process's own: it would be lost. */
  own: 0x80,
  /** The process's own as well, in swap. */
  swapped: 0x40,
} as const;

/** Present, swapped, of a file: the three highest bits of an entry. */
const KIND_BITS = 0xe0;
const ENTRY_BYTES = 8;
/** Read at a time: more would only touch more of the memory that this is about. */
const READ_BYTES = 8192;

const NEWLINE = 10;
const SPACE = 32;
const HYPHEN = 45;
const BRACKET = 91;
const LETTER_S = 115;
const LETTER_P = 112;
const LETTER_W = 119;
const ZERO = 48;
const NINE = 57;

/** Value of a lower-case hexadecimal digit, or -1. */
function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= NINE) {
    return byte - ZERO;
  }
  return byte >= 97 && byte <= 102 ? byte - 87 : -1;
}

/** Where the hexadecimal number from `at` on ends; its value goes to `parsed`. */
let parsed = 0;
function parseHex(text: Uint8Array, at: number, end: number): number {
  let i = at;
  parsed = 0;
  for (; i < end; i++) {
    const digit = hexDigit(text[i] ?? 0);
    if (digit < 0) {
      break;
    }
    parsed = parsed * 16 + digit;
  }
  return i;
}

/**
 * Parses one line, `START-END rwxp OFFSET DEVICE INODE [PATH]`. False when it is not of that form,
 * or lies above what a number holds exactly (`[vsyscall]`).
 */
function parseMapping(text: Uint8Array, from: number, end: number, into: Mapping): boolean {
  const hyphen = parseHex(text, from, end);
  const address = parsed;
  const space = parseHex(text, hyphen + 1, end);
  const bytes = parsed - address;
  const isRange = hyphen > from && text[hyphen] === HYPHEN && text[space] === SPACE;
  if (!isRange || bytes <= 0 || address + bytes > Number.MAX_SAFE_INTEGER) {
    return false;
  }
  // Behind the permissions, the offset and the device.
  let inode = space + 1;
  for (let field = 0; field < 3; field++) {
    inode = text.indexOf(SPACE, inode) + 1;
    if (inode === 0 || inode >= end) {
      return false;
    }
  }
  into.address = address;
  into.bytes = bytes;
  into.writable = text[space + 2] === LETTER_W;
  into.backing = text[space + 4] === LETTER_P ? backingOf(text, inode, end) : "other";
  return true;
}

/** By the inode and what follows it: a path, `[stack]` and the like, or nothing. */
function backingOf(text: Uint8Array, inode: number, end: number): Mapping["backing"] {
  const first = text[inode] ?? 0;
  if (first !== ZERO) {
    return first > ZERO && first <= NINE ? "file" : "other";
  }
  let name = inode + 1;
  while (name < end && text[name] === SPACE) {
    name++;
  }
  const isStack = text[name] === BRACKET && text[name + 1] === LETTER_S;
  return isStack ? "other" : "memory";
}

/**
 * Visits all mappings of this process in ascending order; none where the kernel does not tell. The
 * visitor gets the same object each time, and must not read anything itself.
 */
export function forEachMapping(sys: Sys, visit: (mapping: Mapping) => void): void {
  const mapping: Mapping = { address: 0, bytes: 0, writable: false, backing: "other" };
  const fd = sys.openToRead("/proc/self/maps");
  if (fd < 0) {
    return;
  }
  for (let offset = 0; ;) {
    const length = sys.readAt(fd, READ_BYTES, offset);
    const end = length > 0 ? sys.text.lastIndexOf(NEWLINE, length - 1) : -1;
    if (end < 0) {
      sys.close(fd);
      return;
    }
    for (let at = 0; at <= end;) {
      const newline = sys.text.indexOf(NEWLINE, at);
      if (parseMapping(sys.text, at, newline, mapping)) {
        visit(mapping);
      }
      at = newline + 1;
    }
    offset += end + 1;
  }
}

/** Opens what `forEachPage` reads; negative where the kernel does not tell. */
export function openPageMap(sys: Sys): number {
  return sys.openToRead("/proc/self/pagemap");
}

/**
 * Visits the pages of a range that are mapped or swapped, in ascending order, with one of `Page`.
 * False when the kernel told of only a part of them. The visitor must not read anything itself.
 */
export function forEachPage(
  sys: Sys,
  pagemapFd: number,
  range: PageRange,
  visit: (address: number, kind: number) => void,
): boolean {
  const pageBytes = sys.pageKib * 1024;
  const end = range.address + range.bytes;
  for (let address = range.address; address < end;) {
    const wanted = ((end - address) / pageBytes) * ENTRY_BYTES;
    const offset = (address / pageBytes) * ENTRY_BYTES;
    const length = sys.readAt(pagemapFd, Math.min(wanted, READ_BYTES), offset);
    if (length < ENTRY_BYTES) {
      return false;
    }
    if (((sys.text[ENTRY_BYTES - 1] ?? 0) & KIND_BITS) === 0 && sys.isTextUniform(length)) {
      // Gigabytes of addresses are reserved, and hardly any of them used.
      address += (length / ENTRY_BYTES) * pageBytes;
      continue;
    }
    for (let at = ENTRY_BYTES - 1; at < length; at += ENTRY_BYTES) {
      const kind = (sys.text[at] ?? 0) & KIND_BITS;
      if (kind !== 0) {
        visit(address, kind);
      }
      address += pageBytes;
    }
  }
  return true;
}

/**
 * Visits the runs of such pages, each time with the same object. The visitor must not read anything
 * itself.
 */
export function forEachRun(
  sys: Sys,
  pagemapFd: number,
  range: PageRange,
  visit: (run: PageRange) => void,
): void {
  const pageBytes = sys.pageKib * 1024;
  const run = { address: 0, bytes: 0 };
  forEachPage(sys, pagemapFd, range, (address) => {
    if (run.bytes > 0 && address > run.address + run.bytes) {
      visit(run);
      run.bytes = 0;
    }
    if (run.bytes === 0) {
      run.address = address;
    }
    run.bytes += pageBytes;
  });
  if (run.bytes > 0) {
    visit(run);
  }
}
