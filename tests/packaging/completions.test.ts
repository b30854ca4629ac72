import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const DIRECTORY = join(import.meta.dir, "../../packaging/completions");

/** What a shell offers for a line whose cursor is at its end. */
type Complete = (words: readonly string[]) => string[];

function lines(command: readonly string[]): string[] {
  const { stderr, stdout, success } = Bun.spawnSync([...command], { cwd: DIRECTORY });
  if (!success) {
    throw new Error(stderr.toString());
  }
  return stdout.toString().split(/\r?\n/).filter(Boolean);
}

const bash: Complete = (words) => {
  const script = `
    source ./bustd.bash
    compopt() { :; }
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _bustd
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return lines(["bash", "--norc", "-c", script, "bash", "bustd", ...words]);
};

const fish: Complete = (words) => {
  const line = ["bustd", ...words].join(" ");
  const script = `source ./bustd.fish; complete -C ${JSON.stringify(line)}`;
  return lines(["fish", "--no-config", "-c", script]).map((text) => text.split("\t")[0] ?? "");
};

/** zsh completes only at a terminal: another zsh in a pseudo terminal shows what it inserts. */
const zsh: Complete = (words) => {
  const script = `
    zmodload zsh/zpty
    zpty z zsh -f -i
    zpty -w z 'PS1= PS2=; unsetopt zle_bracketed_paste; stty cols 500 rows 200; fpath=($PWD $fpath)'
    zpty -w z 'bustd() { :; }; autoload -Uz compinit; compinit -u -D'
    zpty -w z 'zstyle ":completion:*" list-prompt ""'
    zpty -w z 'compadd() {
      if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return $?; fi
      typeset -a __hits
      builtin compadd -A __hits "$@"
      print -rl -- "HIT:"\${^__hits} >> $BUSTD_HITS
      builtin compadd "$@"
    }'
    # The end of the line runs the function above, and no daemon.
    zpty -w z "bustd $*"$'\\t'
    zpty -w z 'print HIT:DONE >> $BUSTD_HITS'
    for ((i = 0; i < 400; i++)); do
      grep -qs DONE $BUSTD_HITS && break
      sleep 0.05
    done
    zpty -d z
    sort -u $BUSTD_HITS | sed -n '/DONE/d; s/^HIT://p'`;
  const hits = `/tmp/bustd-zsh-${process.pid}-${words.length}-${Bun.nanoseconds()}`;
  const file = ["env", `BUSTD_HITS=${hits}`, "zsh", "-f", "-c", script, "zsh", ...words];
  try {
    return lines(file);
  } finally {
    Bun.spawnSync(["rm", "-f", hits]);
  }
};

const SHELLS: readonly (readonly [string, Complete])[] = [
  ["bash", bash],
  ["fish", fish],
  ["zsh", zsh],
];

if (process.env["CI"] === "true") {
  test("continuous integration has all shells, mandoc and systemd-analyze", () => {
    const needed = [...SHELLS.map(([name]) => name), "mandoc", "systemd-analyze"];
    expect(needed.filter((name) => Bun.which(name) === null)).toEqual([]);
  });
}

for (const [name, complete] of SHELLS) {
  const isMissing = Bun.which(name) === null;
  describe.skipIf(isMissing)(`${name}${isMissing ? " (left out: not installed here)" : ""}`, () => {
    test("offers the commands", () => {
      const offered = complete([""]);
      for (const command of ["victims", "doctor", "check-config", "import"]) {
        expect(offered).toContain(command);
      }
    });
    test("offers long flags", () => {
      expect(complete(["--no-d"]).toSorted()).toEqual(["--no-daemon", "--no-default-rules"]);
    });
    test("offers what a flag may be", () => {
      expect(complete(["--oom-score-adj", "d"])).toEqual(["discount-positive"]);
    });
    test("offers a command's own flags only with it", () => {
      expect(complete(["victims", "--js"])).toEqual(["--json"]);
      expect(complete(["--js"])).toEqual([]);
    });
    test("offers where settings come from", () => {
      expect(complete(["import", "e"])).toEqual(["earlyoom"]);
    });
  });
}
