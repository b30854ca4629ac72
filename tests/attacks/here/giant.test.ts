/** A process that says its command line is 2 GiB long, and that it is a daemon of ours. */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../compile.ts";
import { executable, inNamespace, missingForNamespaces } from "../refusals/play.ts";

const missing = existsSync(executable) ? missingForNamespaces() : "npm run build makes dist/bustd";
const why = missing === "" ? "" : ` (left out: ${missing})`;
const timeoutMs = 60_000;

/** Three times what any command takes. */
const MOST_RSS_KIB = 200 * 1024;

const DAEMON = "--dry-run --verbose -n -m 100 -s 100";
const COMMANDS = ["doctor", "victims --all", "status", "selftest", DAEMON];
/** Ends a daemon when it has chosen, and has looked often. */
const UNTIL_SEEN = `
  "$@" > "$0" & daemon=$!
  until grep -q "would kill" "$0" && [ "$(grep -c "looking again" "$0")" -ge 100 ]; do
    kill -0 $daemon || break; sleep 0.05
  done
  kill $daemon; wait $daemon; code=$?; cat "$0"; exit $code`;

describe.skipIf(why !== "")(`a command line of 2 GiB${why}`, () => {
  test.each(COMMANDS)(
    "does not make bustd %s large",
    (words) => {
      const directory = mkdtempSync(join(tmpdir(), "bustd-giant-"));
      const config = join(directory, "bustd.toml");
      writeFileSync(config, `[[rule]]\nregex = true\ncmdline = "x y"\nprotect = true\n`);
      const giant = compile("giant", [join(import.meta.dir, "giant.c")]);
      // Its second one is a large program by another name, which a rule asks for its words.
      const script = `
        "$1" bustd > "$3/one" & "$1" other > "$3/two" &
        until [ -s "$3/one" ] && [ -s "$3/two" ]; do sleep 0.01; done
        "$1" "$3/kib" ${words === DAEMON ? `sh -c '${UNTIL_SEEN}' "$3/said"` : ""} \\
          timeout --preserve-status 40 "$2" ${words} --config="$3/bustd.toml"
        code=$?; kill %1 %2; exit $code`;
      const takesFiles = !["status", "selftest"].includes(words);
      const shell = ["sh", "-c", takesFiles ? script : script.replace(/ --config=\S+/, "")];
      const child = Bun.spawnSync(inNamespace([...shell, "sh", giant, executable, directory]));
      const kib = Number(readFileSync(join(directory, "kib"), "utf8"));
      rmSync(directory, { recursive: true });
      const said = `${child.stdout}${child.stderr}`;
      expect(said).not.toContain("bunfs");
      expect(said.length).toBeLessThan(100_000);
      expect([0, 1, 3], said).toContain(child.exitCode);
      expect(kib).toBeWithin(20 * 1024, MOST_RSS_KIB);
    },
    timeoutMs,
  );
});
