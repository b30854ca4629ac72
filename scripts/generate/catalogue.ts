import { MESSAGE_IDS, type MessageName } from "../../src/report/message-ids.ts";

interface Explanation {
  readonly subject: string;
  readonly text: string;
}

/** What `journalctl -x` says below each entry; `@NAME@` stands for the entry's field. */
const EXPLANATIONS: Readonly<Record<MessageName, Explanation>> = {
  killing: {
    subject: "Process @BUSTD_VICTIM_PID@ (@BUSTD_VICTIM_COMM@) is killed to free memory",
    text: `Memory was running out: by the rule @BUSTD_RULE@, @BUSTD_MEASURE@ was
@BUSTD_VALUE@, its limit is @BUSTD_LIMIT@. Of all processes that may be
killed this one had the highest score. Without it the machine would have
frozen, or the kernel would have killed a process.

Next would have been process @BUSTD_NEXT_PID@ (@BUSTD_NEXT_COMM@).

To see the whole story: bustd explain @BUSTD_VICTIM_PID@
To protect it in future, name it under unkillables in /etc/bustd/bustd.toml.`,
  },
  dryRun: {
    subject: "Process @BUSTD_VICTIM_PID@ (@BUSTD_VICTIM_COMM@) would have been killed",
    text: `Memory was running out, by the rule @BUSTD_RULE@, but bustd runs with
--dry-run and kills nobody.

To see the whole story: bustd explain @BUSTD_VICTIM_PID@
To let it act, remove dry-run from its flags and from /etc/bustd/bustd.toml.`,
  },
  killed: {
    subject: "Process @BUSTD_VICTIM_PID@ (@BUSTD_VICTIM_COMM@) was killed to free memory",
    text: `It was gone @BUSTD_GONE_MS@ ms after the first signal, by the rule @BUSTD_RULE@.

To see why it, and why then: bustd explain @BUSTD_VICTIM_PID@`,
  },
  notKilled: {
    subject: "Process @BUSTD_VICTIM_PID@ (@BUSTD_VICTIM_COMM@) could not be killed",
    text: `Memory was running out and this process was to be killed, but it was not:
@BUSTD_ENDING@. If memory is still short, another process is taken.

refused: bustd has no right to signal it; see bustd doctor.
stuck: it waits in the kernel, often for a disk or a network file system, and
cannot end before that wait is over.
gone-before: it had ended by itself.`,
  },
  nobody: {
    subject: "Memory is running out and nobody can be killed",
    text: `The rule @BUSTD_RULE@ acts, but every process is protected, too small or
cannot be killed. The machine may freeze, or the kernel kill a process.

To see who is spared and why: bustd victims`,
  },
};

function entry([name, id]: readonly [string, string]): string {
  const { subject, text } = EXPLANATIONS[name as MessageName];
  return `-- ${id}
Subject: ${subject}
Defined-By: bustd
Documentation: man:bustd(8)

${text}
`;
}

/** The catalogue of messages; installed as `/usr/lib/systemd/catalog/bustd.catalog`. */
export function catalogueFile(): string {
  const head = "# Made by scripts/generate.ts from scripts/generate/catalogue.ts.\n";
  return `${head}\n${Object.entries(MESSAGE_IDS).map(entry).join("\n")}`;
}
