import { HARD_PERCENT, type Actor, type Attack } from "./attack.ts";

/** The attacker, whom the daemon's rights do not concern. */
const MALLORY = 1000;
const PIDFD_OPEN = 434;
const HIDDEN_MIB = 1280;
const EPERM = 1;
const EMFILE = 24;

const innocents: Actor[] = [
  { name: "bystander", part: "bystander mb=40 file=20", program: "actors", uid: 0 },
  { name: "idle", part: "hold mb=160", program: "actors", atMs: 200, uid: 1002 },
];
const mustLive = /^(bystander|idle\d*)$/;
const hog: Actor = { name: "hog", part: "hog leave=30", atMs: 2500, uid: MALLORY };

/** Attacks with the usual innocents, in which a hog fills memory and keeps it full. */
function attack(about: string, actors: Actor[], more: Partial<Attack> = {}): Attack {
  return { about, actors: [...innocents, ...actors], mustDie: /^hog$/, mustLive, ...more };
}

/** A process whose memory nobody can look at or free, and which looks like the best of victims. */
const locked: Actor = {
  name: "locked",
  part: "locked-for-writing mb=60 adj=1000",
  atMs: 500,
  uid: MALLORY,
};

const asking: Actor = {
  name: "victims",
  part: "victims --config /run/bustd.toml",
  program: "bustd",
  atMs: 2500,
  uid: 0,
};

const cmdlineRule = `[[rule]]
cmdline = "/usr/bin/precious *"
protect = true
`;

const exeRule = `[[rule]]
exe = "/usr/bin/precious"
protect = true
`;

function named(name: string): Attack {
  const about = `a hog calls itself ${name}`;
  return attack(about, [{ ...hog, name }], { mustDie: new RegExp(`^${name}$`), until: name });
}

function refused(about: string, errno: number): Attack {
  const stage = [`refuse=${PIDFD_OPEN}:${errno}`];
  return attack(about, [{ ...hog, atMs: 500 }], { stage, until: "hog" });
}

function output(about: string, how: string): Attack {
  return attack(about, [{ ...hog, atMs: 3500 }], { stage: [`output=${how}`], until: "hog" });
}

/** Every attack by its name; those of users need no rights. */
export const attacks: Record<string, Attack> = {
  plain: attack("a hog without a trick", [{ ...hog, atMs: 500 }], { until: "hog" }),
  "locked-kill": attack("killing one whose mmap_lock is held for ever", [locked, hog], {
    until: "hog",
  }),
  "locked-cmdline": attack("a rule on the command line of one that cannot be read", [locked, hog], {
    configuration: cmdlineRule,
    until: "hog",
  }),
  "locked-victims": attack("who asks for the next victims", [locked, asking], {
    configuration: cmdlineRule,
    mustDie: null,
    mustAnswer: "victims",
    until: "victims",
  }),
  "locked-release": attack("memory that process_mrelease(2) alone frees", [
    { name: "hog", part: "locked-for-reading leave=30", atMs: 1500, uid: MALLORY },
  ]),
  "hang-in-exit": attack("the first thread hangs in its exit, the second takes memory", [
    { name: "hog", part: "hang-in-exit leave=30", atMs: 1500, uid: MALLORY },
  ]),
  "share-memory": attack(
    "55 processes share their memory",
    [{ name: "hog", part: "share-memory count=54 leave=30", atMs: 1500, uid: MALLORY }],
    { mustDie: /^(hog|sharer\d+)$/ },
  ),
  crowd: attack(
    "a crowd of which each one is too small to be worth it",
    [
      { name: "idle2", part: "hold mb=300", program: "actors", atMs: 400, uid: 1002 },
      { name: "crowd", part: "crowd count=190 mb=14 pause=5", atMs: 1500, uid: MALLORY },
    ],
    { ramMib: 3072, deadlineMs: 20_000, mustDie: /^c\d+$/ },
  ),
  "undying-fuse": attack(
    "five decoys that hang in their exit shield a hog",
    [{ name: "decoys", part: "undying count=5 mb=17", atMs: 500, uid: MALLORY }, hog],
    { limitPercent: HARD_PERCENT, until: "hog" },
  ),
  "undying-traced": attack(
    "five decoys that a tracer keeps in their exit shield a hog",
    [{ name: "decoys", part: "undying count=5 mb=17 traced=1", atMs: 500, uid: MALLORY }, hog],
    { limitPercent: HARD_PERCENT, until: "hog" },
  ),
  "come-back": attack(
    "four decoys that are started again and again shield a hog",
    [{ name: "decoys", part: "come-back count=4 mb=17", atMs: 500, uid: MALLORY }, hog],
    { limitPercent: HARD_PERCENT, until: "hog" },
  ),
  "named-systemd": named("systemd"),
  "named-sway": named("sway"),
  "named-login": named("login"),
  "hide-deep": attack(
    "a rule on the executable of one whose path is longer than PATH_MAX",
    [{ ...hog, part: "hide-deep leave=30" }],
    { configuration: exeRule, moreCapabilities: ["SYS_PTRACE"], until: "hog" },
  ),
  // The machine has plenty, the container a third of it and next to nothing left.
  "meminfo-fails": attack(
    "a container's meminfo fails for a second",
    [{ ...hog, part: "hog leave=1300" }],
    {
      ramMib: 2048,
      stage: ["meminfo=fails", "at=4000", `hidden=${HIDDEN_MIB}`],
      hiddenMib: HIDDEN_MIB,
      until: "hog",
    },
  ),
  "meminfo-gone": attack("whoever serves meminfo dies", [{ ...hog, atMs: 4000 }], {
    stage: ["meminfo=gone", "at=4000"],
    mayBeEarly: true,
    until: "hog",
  }),
  "pidfd-eperm": refused("a filter refuses pidfd_open", EPERM),
  "pidfd-emfile": refused("no descriptor is left for a pidfd", EMFILE),
  "ctrl-s": output("somebody presses Ctrl-S in the daemon's terminal", "ctrl-s"),
  "full-pty": output("nobody reads the daemon's terminal", "full-pty"),
  "full-pipe": output("whoever reads the daemon's pipe is stopped", "full-pipe"),
};
