import { RING_BYTES } from "../recorder/layout.ts";
import { readRing, type RingRead } from "../recorder/read-ring.ts";
import { readTrusted } from "./trusted-file.ts";

/** What the flight recorder at this path knows, or why nothing, as the end of a sentence. */
export function readRingFile(path: string): RingRead & { readonly isMissing?: true } {
  const file = readTrusted(path, RING_BYTES);
  switch (file.kind) {
    case "missing":
      return { problem: "there is none: no bustd has run since boot", isMissing: true };
    case "refused":
      return { problem: file.reason };
    case "found":
      return readRing(file.bytes);
  }
}
