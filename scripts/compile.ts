import packageJson from "../package.json";

/** What we call a platform, and what Bun does; another than the host's is fetched from npm. */
export const TARGETS: Readonly<Record<string, Bun.Build.CompileTarget>> = {
  "x64-glibc": "bun-linux-x64",
  "arm64-glibc": "bun-linux-arm64",
  "x64-musl": "bun-linux-x64-musl",
  "arm64-musl": "bun-linux-arm64-musl",
};

/** Refused at run time: code from strings, a C compiler, native add-ons. */
const EXEC_ARGV = ["--disallow-code-generation-from-strings=strict", "--no-ffi-cc", "--no-addons"];

/** The just-in-time compiler's thresholds times this: it never starts, nor do its threads. */
const NEVER_JIT = 1_000_000_000;

/**
 * Makes an executable; its file's name is compiled in. Rejects with what the bundler complains of.
 * Without a target it is for this machine.
 */
export async function compile(entry: string, outfile: string, target = ""): Promise<void> {
  const platform = TARGETS[target];
  await Bun.build({
    entrypoints: [entry],
    target: "bun",
    format: "esm",
    minify: true,
    bytecode: true,
    // What only commands need stays out of the daemon's memory.
    splitting: true,
    define: { BUSTD_VERSION: JSON.stringify(packageJson.version) },
    compile: {
      outfile,
      execArgv: EXEC_ARGV,
      // A root daemon obeys no file of the directory it was started in.
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
      jitPolicy: NEVER_JIT,
      ...(platform === undefined ? {} : { target: platform }),
    },
  });
}
