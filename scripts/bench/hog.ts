/** Takes so many MiB, so many each second, and keeps them until it is ended. */
const [mib = 0, mibPerS = 1000] = process.argv.slice(2).map(Number);
const STEP_MIB = 16;

const taken: Uint8Array[] = [];
for (let atMib = 0; atMib < mib; atMib += STEP_MIB) {
  taken.push(new Uint8Array(STEP_MIB * 1024 * 1024).fill(1));
  await Bun.sleep((1000 * STEP_MIB) / mibPerS);
}
process.stdout.write("full\n");
await Bun.sleep(1e9);
