/**
 * Runs this script again as the first process of a PID namespace of its own: daemons that it starts
 * there see and can signal nobody else, and all it starts ends with it; pid_namespaces(7). Root's
 * namespace needs nothing else; another user gets one inside a user namespace, and in it no right
 * to lock memory. The exit code of that run; null when this is the one inside.
 */
export async function runInOwnNamespace(): Promise<number | null> {
  if (process.pid === 1) {
    return null;
  }
  if (Bun.which("unshare") === null) {
    throw new Error("missing: unshare, of util-linux");
  }
  const asRoot = process.geteuid?.() === 0 ? [] : ["--map-root-user"];
  const unshare = ["unshare", ...asRoot, "--pid", "--fork", "--mount-proc", "--kill-child"];
  const child = Bun.spawn([...unshare, process.execPath, ...process.argv.slice(1)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  return child.exited;
}

/** Processes that only wait: a shell that forks is all they cost. They end with `stop`. */
export async function startCrowd(count: number): Promise<{ readonly stop: () => Promise<void> }> {
  const script = `exec 3<&0; i=0
    while [ $i -lt ${count} ]; do ( read -r _ <&3 ) & i=$((i + 1)); done
    echo ready; read -r _ <&3; wait`;
  const shell = Bun.spawn(["/bin/sh", "-c", script], { stdio: ["pipe", "pipe", "inherit"] });
  await shell.stdout.getReader().read();
  return {
    stop: async () => {
      await shell.stdin.end();
      await shell.exited;
    },
  };
}
