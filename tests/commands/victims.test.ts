import { expect, test } from "bun:test";
import { notesOn } from "../../src/commands/victims.ts";

test("the list's foot says what could not be seen, each on a line", () => {
  const seen = { hidden: false, unread: 0, unknown: 0, isRoot: false, askedPid: 0 };
  expect(notesOn(seen)).toEqual([]);
  expect(notesOn({ ...seen, unknown: 3 })).toEqual([
    "Rules on cmdline do not apply to those whose command lines could not be read in time: 3.",
  ]);
  expect(notesOn({ ...seen, askedPid: 42 })).toEqual([
    "What each took since memory was comfortable counts as well; only the daemon knows. " +
      "To ask it: kill -USR1 42; sleep 1; bustd explain",
  ]);
  expect(notesOn({ ...seen, hidden: true, unread: 2, unknown: 1 })).toEqual([
    "Other users' processes cannot be seen: /proc is mounted with hidepid. Run this as root.",
    "Left out, as a rule asks what cannot be read: 2. Run this as root.",
    "Rules on cmdline do not apply to those whose command lines could not be read in time: 1.",
  ]);
});
