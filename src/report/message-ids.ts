/**
 * Kinds of journal entries that a catalogue explains, by their MESSAGE_ID; they never change.
 * https://systemd.io/CATALOG/
 */
export const MESSAGE_IDS = {
  killing: "3fabaddec3b34f7ca880dda6b93a890e",
  dryRun: "3e1cfcf58f2f4e8bae4213dbe0a72076",
  killed: "b03abb76d0e84bdd9c07ffd954bbec35",
  notKilled: "502298cf02654282bfc3f828f7f4bd3d",
  nobody: "d74e4807967041b79833c2110882bbe8",
} as const;

export type MessageName = keyof typeof MESSAGE_IDS;
