import type { Story } from "../story.ts";

const before = `oom-score-adj = "discount-positive"

[[rule]]
comm = "precious"
protect = true
`;

const after = `oom-score-adj = "respect"

[[rule]]
comm = "spared"
protect = true
`;

/**
 * Memory fills up that is no process's, so that nobody grows, and who dies is decided by size and
 * by what was asked for. Whichever preference is taken away, or has no effect, others die or in
 * another order. A score is about two thirds of the MiB.
 */
export const preferences: Story = {
  about: "who is preferred, spared, protected or marked dies when it was asked for",
  swaps: ["none"],
  wishes: {
    protect: ["guarded"],
    bustd: {
      flags: ["--prefer", "^tab$", "--avoid", "^spared$", "--config", "/run/bustd.toml"],
      files: {
        "/run/bustd.toml": before,
        "/run/broken.toml": "[[rule]]\ncomm = 'hog'\nprotect = yes\n",
        "/run/after.toml": after,
      },
    },
  },
  actors: [
    { name: "precious", part: "hold mb=150", atMs: 200 },
    { name: "spared", part: "hold mb=120", atMs: 400 },
    { name: "omitted", part: "hold mb=110 mark=user.oomd_omit", atMs: 600 },
    { name: "avoided", part: "hold mb=100 mark=user.oomd_avoid", atMs: 800 },
    { name: "guarded", part: "hold mb=90", atMs: 900 },
    { name: "hog", part: "hold mb=80", atMs: 1000 },
    // With `respect`, these 200 points would make it the first of all.
    { name: "innocent", part: "hold mb=50", atMs: 1200, oomScoreAdj: 200 },
    { name: "tab", part: "hold mb=30", atMs: 1400 },
    { name: "spill1", part: "spill while=tab", atMs: 4000 },
    // Defaults instead of the old rules would end the innocent; no rules at all, the precious.
    { name: "break", part: "reload from=/run/broken.toml to=/run/bustd.toml", after: "tab" },
    { name: "spill2", part: "spill while=hog", atMs: 4000 },
    // Now the innocent's points count, nothing protects the precious, and the spared outlives the
    // avoided, whom systemd's mark puts below `--avoid`.
    {
      name: "change",
      part: "reload from=/run/after.toml to=/run/bustd.toml",
      after: "hog",
      atMs: 1000,
    },
    { name: "spill3", part: "spill while=avoided", atMs: 5000 },
  ],
  until: { how: "reaped", name: "avoided", count: 1 },
  deadlineMs: 120_000,
  mustDie: ["tab", "hog", "innocent", "precious", "avoided"],
  inOrder: true,
  mustSay: [/bustd\.toml:3:11: /, /the configuration is broken: the old one stays in force/],
};
