// Restarts itself; the second time it says what was handed over, and what else it was given.
import { linux } from "../../../src/sys/linux.ts";
import { ENGINE } from "../../../src/sys/self.ts";

const content = linux.readHandover(Number(process.env["BUSTD_OPTIONS_FD"] ?? -1));
if (content === null) {
  linux.write(1, `${linux.ownPid()}\n`);
  const text = `{"a":"${"ä€🙂".repeat(20_000)}"}`;
  process.env["FOO"] = "bar";
  const error = linux.restart("BUSTD_OPTIONS_FD", text, [import.meta.path, "two words", "ä"]);
  linux.write(1, `failed: ${error}\n`);
} else {
  const others = Object.keys(process.env).filter((name) => ENGINE[name] !== process.env[name]);
  const names = others.join(" ");
  const args = JSON.stringify(process.argv.slice(2));
  const isWhole = content === `{"a":"${"ä€🙂".repeat(20_000)}"}`;
  linux.write(1, `${linux.ownPid()} ${names} ${args} ${isWhole}\n`);
}
