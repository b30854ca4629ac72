import { describe, expect, test } from "bun:test";
import { noticeText, ownPart, peopleOf, usersIn } from "../../src/commands/notices.ts";
import type { Incident } from "../../src/model/incident.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { aKill } from "../helpers/announced.ts";
import { aCandidate, aProcess, aSelection } from "../helpers/nouns.ts";
import { someParts } from "../helpers/recorded.ts";

const [ALICE, BOB, ROOT] = [1000, 1001, 0];
const DAY_MS = 24 * 3_600_000;
const NOW_MS = Date.UTC(2026, 10, 28, 12);

function somebody(pid: number, comm: string, uid: number) {
  return aCandidate(aProcess(pid, { comm, uid, cgroup: `/of/${comm}` }), { tookKib: 100 });
}

/** Both had a victim; what else there was belonged to either or to root. */
function shared(): Incident {
  const [hers, his] = [somebody(1, "hers", ALICE), somebody(2, "his", BOB)];
  const others = [somebody(3, "her-next", ALICE), somebody(4, "his-next", BOB)];
  const spared = [
    { process: aProcess(5, { comm: "her-shell", uid: ALICE }), because: "protected", origin: "a" },
    { process: aProcess(6, { comm: "rootly", uid: ROOT }), because: "root", origin: "" },
  ] as const;
  const group = { tie: "cgroup", id: "/of/his", count: 2, tookKib: 9, isStorm: false } as const;
  const next = others[1] ?? null;
  const takers = [hers, his, ...others].map(({ process, tookKib }) => ({
    pid: process.pid,
    comm: process.comm,
    tookKib,
  }));
  return incidentOf(
    someParts({
      wallMs: NOW_MS,
      selection: aSelection([hers, his], { next, spared, group }),
      candidates: [hers, his, ...others],
      details: [],
      looks: [],
      attribution: {
        sinceMs: 1,
        lostKib: 400,
        takers,
        unownedKib: { shmem: 0, slab: 0, hugetlb: 0 },
      },
      kernel: {
        kills: 2,
        victims: [
          { pid: 7, comm: "her-kernel", uid: ALICE, rssKib: 1, cgroup: "" },
          { pid: 8, comm: "his-kernel", uid: BOB, rssKib: 1, cgroup: "" },
        ],
      },
    }),
  );
}

describe("a user's part of an incident", () => {
  test("has the user's own processes", () => {
    const { attribution, kernel, selection } = ownPart(shared(), ALICE);
    const pids = (list: readonly { readonly pid: number }[] = []) => list.map(({ pid }) => pid);
    expect(pids(selection?.victims)).toEqual([1]);
    expect(selection?.victimCount).toBe(1);
    expect(pids(selection?.candidates)).toEqual([1, 3]);
    expect(pids(selection?.spared)).toEqual([5]);
    expect(pids(attribution?.takers)).toEqual([1, 3]);
    expect(pids(kernel?.victims)).toEqual([7]);
  });

  test("says nothing of others', wherever they stand", () => {
    for (const [uid, secrets] of [
      [ALICE, ["his", "rootly"]],
      [BOB, ["her", "rootly"]],
    ] as const) {
      const text = JSON.stringify(ownPart(shared(), uid));
      for (const secret of secrets) {
        expect(text).not.toContain(secret);
      }
    }
  });

  test("of one user alone is all but what others were", () => {
    const kill = aKill({}, 42, "leak", ALICE);
    expect(ownPart(kill, ALICE)).toEqual({
      ...kill,
      attribution: kill.attribution && { ...kill.attribution, takers: [] },
    });
  });
});

describe("a notice", () => {
  const kills = Array.from({ length: 15 }, (_, index) =>
    aKill({ wallMs: NOW_MS - index * 1000 }, 100 + index, "leak", ALICE),
  );
  const read = (text: string) =>
    JSON.parse(text) as { readonly version: number; readonly incidents: readonly Incident[] };

  test("has the newest ten first", () => {
    const { incidents, version } = read(noticeText(kills, ALICE, NOW_MS));
    expect(version).toBe(1);
    expect(incidents).toEqual(kills.slice(0, 10).map((kill) => ownPart(kill, ALICE)));
  });

  test("has those of the last day", () => {
    const text = noticeText(kills, ALICE, NOW_MS + DAY_MS - 1500);
    expect(read(text).incidents.map(({ id }) => id)).toEqual([
      kills[0]?.id ?? "",
      kills[1]?.id ?? "",
    ]);
    expect(noticeText(kills, ALICE, NOW_MS + 2 * DAY_MS)).toBe("");
  });

  test("has none of another user's, and none in which nobody was killed", () => {
    expect(noticeText(kills, BOB, NOW_MS)).toBe("");
    const dry = aKill({ kind: "dry-run", wallMs: NOW_MS }, 1, "leak", ALICE);
    expect(noticeText([dry], ALICE, NOW_MS)).toBe("");
    expect(usersIn(dry)).toEqual([]);
    expect(usersIn(shared())).toEqual([ALICE, BOB]);
  });
});

test.each([
  ["", [999, 1000, 60_000, 60_001], [false, true, true, false]],
  ["UID_MIN 500\n# UID_MAX 1\nSYS_UID_MAX 9", [499, 500, 60_000], [false, true, true]],
  [" UID_MIN\t2000\nUID_MAX\t3000", [1999, 2000, 3001], [false, true, false]],
] as const)("people by login.defs %j", (text, uids, are) => {
  expect(uids.map(peopleOf(text))).toEqual([...are]);
});
