import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { errnoSentence } from "../model/errno.ts";
import { linux } from "../sys/linux.ts";

const MODE = 0o600;
const OPENER = "xdg-open";
/** So long an opener may take to say that it cannot. */
const PATIENCE_MS = 5_000;

/** Whether we are the service, and all that we start would be ended, and confined, with us. */
function isService(): boolean {
  try {
    return readFileSync("/proc/self/cgroup", "utf8").includes("/bustd-notify.service");
  } catch {
    return false;
  }
}

/** How a file is opened with a token by which its window may come to the front; pure. */
export function openerOf(path: string, token: string, asService: boolean): readonly string[] {
  if (!asService) {
    return [OPENER, path];
  }
  // A unit of its own, whose processes live on after xdg-open has ended.
  const unit = ["systemd-run", "--user", "--quiet", "--collect", "--property=KillMode=process"];
  const env = token === "" ? [] : [`--setenv=XDG_ACTIVATION_TOKEN=${token}`];
  return [...unit, ...env, "--", OPENER, path];
}

/**
 * Writes a page that only this user may read, and has it opened by what the desktop opens pages
 * with; null, or a sentence.
 */
export async function openPage(page: string, path: string, token: string): Promise<string | null> {
  const failed = linux.replaceFile(path, page, MODE);
  if (failed < 0) {
    return `${path}: ${errnoSentence(-failed)}`;
  }
  const [command = "", ...words] = openerOf(path, token, isService());
  const env = token === "" ? process.env : { ...process.env, XDG_ACTIVATION_TOKEN: token };
  const opener = spawn(command, words, { detached: true, stdio: "ignore", env });
  const result = await new Promise<string | null>((resolve) => {
    const timer = setTimeout(() => resolve(null), PATIENCE_MS);
    const end = (problem: string | null) => {
      clearTimeout(timer);
      resolve(problem);
    };
    opener.on("error", (error) => end(`${command} cannot be started: ${error.message}`));
    opener.on("exit", (code) => end(code === 0 ? null : `${command} failed with code ${code}`));
  });
  opener.unref();
  return result === null ? null : `${result}; the report is ${path}`;
}
