import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
const isBuilt = existsSync(EXECUTABLE);
const why = isBuilt ? "" : " (left out: npm run build makes dist/bustd)";

test.skipIf(!isBuilt)(
  `the daemon is found by its name, as by pkill(1) and pidof(8)${why}`,
  async () => {
    const child = Bun.spawn([EXECUTABLE, "-n", "--dry-run"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const reader = child.stdout.getReader();
      const decoder = new TextDecoder();
      let said = "";
      while (!said.includes("acting when")) {
        const { done, value } = await reader.read();
        said += decoder.decode(value);
        expect(done, said).toBe(false);
      }
      expect(readFileSync(`/proc/${child.pid}/comm`, "utf8")).toBe("bustd\n");
      expect(readFileSync(`/proc/${child.pid}/cmdline`, "utf8")).toBe("bustd\0-n\0--dry-run\0");
    } finally {
      child.kill("SIGKILL");
    }
  },
);
