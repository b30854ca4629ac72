import { linux } from "../../src/sys/linux.ts";
import type { Sys } from "../../src/sys/sys.ts";
import type { FakeSys } from "./fake-sys.ts";

/** The paper kernel as a plain object, as the real one is: parts of it can be taken. */
export function plainSys(sys: FakeSys): Sys {
  const verbs = Object.keys(linux).map((name) => {
    const member: unknown = Reflect.get(sys, name);
    return [name, typeof member === "function" ? member.bind(sys) : member];
  });
  return Object.fromEntries(verbs) as Sys;
}
