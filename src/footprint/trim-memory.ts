import { Advice, type PageRange, type Sys } from "../sys/sys.ts";
import { forEachMapping, forEachPage, type Mapping, openPageMap, Page } from "./own-mappings.ts";

/*
 * Nearly all of what a program of this kind holds is text of its own executable that start-up
 * touched once: 30 MB, of which the loop needs less than two. A page of a file that was never
 * written can be given back at any time: it comes again from the file when it is touched. So:
 *
 *  1. Give back all pages that are the file's own, and rehearse: run everything the loop can do, so
 *     that what is set up only once is set up, and it shows which pages that takes.
 *  2. Have the engine collect its garbage, so that the next rehearsal takes no new memory, and give
 *     back what is blank (`dropBlank`).
 *  3. With each page that is touched, the kernel maps the 15 around it ("fault-around"), but not
 *     beyond the borders of a mapping. A mapping ends where its flags change, so a harmless flag,
 *     MADV_DONTDUMP, is set on every second page around those in use.
 *  4. Give back pages of writable mappings that were never written (`dropUnwritten` says when), and
 *     once more those of step 1. Rehearse: what the loop needs comes back, and nothing else.
 *  5. The caller locks what is left; only then are the flags taken back, and mappings merge again.
 *
 * What the process wrote is never dropped, unless it is nothing but zeros; nor are pages into which
 * the loader wrote addresses (relocations): a read-only mapping that holds a single such page is
 * left alone as a whole. Without `/proc/self/pagemap` nothing can be told apart, and nothing is
 * dropped. Every step is advice to the kernel: when it refuses, the page stays.
 */

/**
 * Gives back what a rehearsal does not touch, which leaves nothing behind. The answer takes back
 * what was done to the mappings; it is to be called when memory is locked.
 */
export function trimMemory(sys: Sys, rehearse: () => void): () => void {
  const pagemapFd = openPageMap(sys);
  if (pagemapFd < 0) {
    return () => {};
  }
  const dropped: Mapping[] = [];
  const written: Mapping[] = [];
  for (const file of mappingsOf(sys, "file")) {
    if (file.writable) {
      written.push(file);
    } else if (isUnwritten(sys, pagemapFd, file)) {
      dropped.push(file);
    }
  }
  advise(sys, dropped, Advice.DONTNEED);
  rehearse();
  sys.collectGarbage();
  dropBlank(sys, pagemapFd);
  for (const file of [...dropped, ...written]) {
    splitAroundPages(sys, pagemapFd, file);
  }
  for (const file of written) {
    dropUnwritten(sys, pagemapFd, file);
  }
  advise(sys, dropped, Advice.DONTNEED);
  rehearse();
  sys.close(pagemapFd);
  return () => {
    advise(sys, dropped, Advice.DODUMP);
    advise(sys, written, Advice.DODUMP);
  };
}

function mappingsOf(sys: Sys, backing: Mapping["backing"]): Mapping[] {
  const mappings: Mapping[] = [];
  forEachMapping(sys, (mapping) => {
    if (mapping.backing === backing) {
      mappings.push({ ...mapping });
    }
  });
  return mappings;
}

function advise(sys: Sys, ranges: readonly PageRange[], advice: number): void {
  for (const range of ranges) {
    sys.advise(range, advice);
  }
}

/** Whether every page of a mapping is the file's own, as far as the kernel tells. */
function isUnwritten(sys: Sys, pagemapFd: number, file: Mapping): boolean {
  let unwritten = true;
  const complete = forEachPage(sys, pagemapFd, file, (_, kind) => {
    unwritten &&= kind === Page.file;
  });
  return complete && unwritten;
}

/** Makes a mapping of its own of every page in use, and of its neighbours. */
function splitAroundPages(sys: Sys, pagemapFd: number, file: Mapping): void {
  const bytes = sys.pageKib * 1024;
  const end = file.address + file.bytes;
  const page = { address: file.address - bytes, bytes };
  const mark = (address: number) => {
    if (address > page.address && address < end) {
      page.address = address;
      sys.advise(page, Advice.DONTDUMP);
    }
  };
  forEachPage(sys, pagemapFd, file, (address) => {
    const isOdd = (address / bytes) % 2 === 1;
    if (isOdd) {
      mark(address);
    } else {
      mark(address - bytes);
      mark(address + bytes);
    }
  });
}

/** Runs of `adviseUnwritten` that change nothing, at most, before the one that drops. */
const DRY_RUNS = 4;

/**
 * Drops pages of a writable mapping that still are the file's. A page that is written for the first
 * time between the kernel's answer and the drop would lose what was written. There is one thread,
 * so only this very function could do that. So it runs with advice that changes nothing, until a
 * run causes not a single page fault (a first write is one), and only then with the real one.
 */
function dropUnwritten(sys: Sys, pagemapFd: number, file: Mapping): void {
  let faults = -1;
  for (let run = 0; run < DRY_RUNS; run++) {
    const faultsNow = sys.pageFaults();
    if (faultsNow === faults) {
      adviseUnwritten(sys, pagemapFd, file, Advice.DONTNEED);
      return;
    }
    faults = faultsNow;
    adviseUnwritten(sys, pagemapFd, file, Advice.NORMAL);
  }
}

function adviseUnwritten(sys: Sys, pagemapFd: number, file: Mapping, advice: number): void {
  // One object for all: new ones would fill memory, and that costs faults.
  const page = { address: 0, bytes: sys.pageKib * 1024 };
  forEachPage(sys, pagemapFd, file, (address, kind) => {
    if (kind === Page.file) {
      page.address = address;
      sys.advise(page, advice);
    }
  });
}

/**
 * Drops pages of memory that hold nothing but zeros, as new ones do: large tables that were cleared
 * and hardly used. What is written to such a page between the look and the drop would be lost, and
 * there is only this function to do that; what it writes, it has written in its run without a drop.
 */
function dropBlank(sys: Sys, pagemapFd: number): void {
  const memory = mappingsOf(sys, "memory");
  for (const advice of [Advice.NORMAL, Advice.DONTNEED]) {
    for (const mapping of memory) {
      if (mapping.writable) {
        adviseBlank(sys, pagemapFd, mapping, advice);
      }
    }
  }
}

function adviseBlank(sys: Sys, pagemapFd: number, mapping: Mapping, advice: number): void {
  const page = { address: 0, bytes: sys.pageKib * 1024 };
  forEachPage(sys, pagemapFd, mapping, (address, kind) => {
    page.address = address;
    if (kind === Page.own && sys.isBlank(page)) {
      sys.advise(page, advice);
    }
  });
}
