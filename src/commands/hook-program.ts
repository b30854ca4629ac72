import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { errnoSentence } from "../model/errno.ts";
import { escapeName } from "../report/escape.ts";

/** `S_IWGRP | S_IWOTH`, `S_ISVTX` and the three that allow to run it; inode(7). */
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;
const EXECUTABLE = 0o111;
/** As many links as the kernel follows; path_resolution(7). */
const MOST_LINKS = 40;

/**
 * Why a program may not be run as a hook, as the end of a sentence; null if it may. The file, each
 * link to it and each directory on the way must belong to root, or to the user `euid` who runs it,
 * and nobody else may be able to write them: else that somebody would run what they like.
 */
export function programProblem(path: string, euid: number): string | null {
  const isTrusted = (uid: number) => uid === 0 || uid === euid;
  const others = euid === 0 ? "others than root" : "others than root and you";
  let at = "";
  let links = 0;
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  try {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      if (name === "..") {
        at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
        continue;
      }
      const parent = at === "" ? "/" : at;
      const directory = lstatSync(parent);
      const next = `${at}/${name}`;
      const found = lstatSync(next);
      const isOpen = (directory.mode & OTHERS_WRITE) !== 0 && (directory.mode & STICKY) === 0;
      if (isOpen || !isTrusted(directory.uid)) {
        return `${others} can write ${escapeName(parent)}; chmod go-w, or keep it elsewhere`;
      }
      if (!isTrusted(found.uid)) {
        return `${escapeName(next)} belongs to user ${found.uid}, who could change it`;
      }
      if (found.isSymbolicLink()) {
        if (++links > MOST_LINKS) {
          return "too many links";
        }
        const target = readlinkSync(next);
        at = target.startsWith("/") ? "" : at;
        names.unshift(...target.split("/").filter((part) => part !== "" && part !== "."));
        continue;
      }
      at = next;
    }
    return problemOf(lstatSync(at === "" ? "/" : at), others);
  } catch (error) {
    const { code, errno = 0 } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? "there is no such file" : errnoSentence(Math.abs(errno));
  }
}

function problemOf(found: Stats, others: string): string | null {
  if (!found.isFile()) {
    return "it is no plain file";
  }
  if ((found.mode & OTHERS_WRITE) !== 0) {
    return `${others} can write it; chmod go-w`;
  }
  return (found.mode & EXECUTABLE) === 0 ? "it is not executable; chmod +x" : null;
}
