import { describe, expect, test } from "bun:test";
import { askedOf } from "../../src/commands/asked.ts";
import { withLaterLooks } from "../../src/commands/incidents.ts";
import { matching, type Query } from "../../src/commands/match-incidents.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { leakLooks, someParts } from "../helpers/recorded.ts";
import { aCandidate, aProcess, aSelection } from "../helpers/nouns.ts";

const { wallMs } = someParts();
const HOUR = 3_600_000;

const first = incidentOf(someParts());
const second = incidentOf(
  someParts({
    wallMs: wallMs + HOUR,
    selection: aSelection([aCandidate(aProcess(9, { comm: "java" }))]),
  }),
);
const third = incidentOf(
  someParts({
    wallMs: wallMs + 2 * HOUR,
    kind: "kernel",
    selection: null,
    kernel: {
      kills: 1,
      victims: [{ pid: 4242, comm: "cc1plus", uid: 0, rssKib: 1, cgroup: "" }],
    },
  }),
);
const all = [first, second, third];

describe("which incidents match", () => {
  const everything: Query = {
    word: null,
    sinceMs: -Infinity,
    untilMs: Infinity,
    newestOnly: false,
  };
  const rows: readonly (readonly [Partial<Query>, readonly number[]])[] = [
    [{}, [0, 1, 2]],
    [{ word: "last" }, [2]],
    [{ newestOnly: true }, [2]],
    [{ word: "4242" }, [0, 2]],
    [{ word: "4242", newestOnly: true }, [2]],
    [{ word: "java" }, [1]],
    [{ word: "cc1plus" }, [2]],
    [{ word: "jav" }, []],
    [{ word: first.id }, [0]],
    [{ word: "20261128T13" }, [1]],
    [{ word: "20261128" }, []],
    [{ sinceMs: wallMs + HOUR }, [1, 2]],
    [{ untilMs: wallMs + HOUR }, [0, 1]],
    [{ sinceMs: wallMs + 3 * HOUR, word: "last" }, []],
    [{ untilMs: wallMs + HOUR, word: "last" }, [1]],
  ];

  test.each(rows)("%j", (query, indices) => {
    const found = matching(all, { ...everything, ...query });
    expect(found.map(({ id }) => id)).toEqual(indices.map((i) => all[i]?.id ?? ""));
  });
});

test("a time that is none is a sentence", () => {
  const line = {
    kind: "tell",
    name: "incidents",
    words: [],
    flags: new Map([["since", "soon"]]),
    options: null,
    said: {},
    isBare: false,
  } as const;
  expect(askedOf(line, 0)).toBe(
    "--since: found 'soon', allowed is a time such as '2026-11-28 14:30', '14:30', " +
      "yesterday, today, now or -2h",
  );
});

describe("looks of the ring after an incident was written", () => {
  const looks = leakLooks();
  const early = incidentOf(someParts({ looks: looks.filter(({ atMs }) => atMs <= 300_200) }));

  test("are added, up to 20 s after", () => {
    const last = looks.at(-1) ?? looks[0];
    const later = [...looks, { ...last, atMs: 321_000, wallMs: wallMs + 21_000 }];
    const whole = withLaterLooks(early, later as typeof looks);
    expect(whole.looks.atMs.at(-1)).toBe(5_000);
    expect(whole.looks.atMs).toHaveLength(early.looks.atMs.length + 48);
    expect(whole.looks.availableKib).toHaveLength(whole.looks.atMs.length);
  });

  test("but not those of another boot", () => {
    const other = looks.map((look) => Object.assign({}, look, { wallMs: look.wallMs + HOUR }));
    expect(withLaterLooks(early, other)).toBe(early);
  });
});
