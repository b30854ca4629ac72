import { PaperReader } from "./paper-reader.ts";

/** Files on paper that are made, mapped, replaced and removed. */
export class PaperFiles extends PaperReader {
  /** Files that were mapped; they outlive what maps them. */
  readonly maps = new Map<string, ArrayBuffer>();

  mapFile(path: string, bytes: number): ArrayBuffer | number {
    const refusal = this.did("mapFile", `map ${path}`);
    if (refusal < 0) {
      return refusal;
    }
    const there = this.maps.get(path);
    const memory = there?.byteLength === bytes ? there : new ArrayBuffer(bytes);
    this.maps.set(path, memory);
    return memory;
  }

  replaceFile(path: string, text: string, _mode: number): number {
    const result = this.did("replaceFile", `replace ${path}`);
    if (result >= 0) {
      this.files.set(path, text);
    }
    return result;
  }

  makeDirectory(path: string, _mode: number): number {
    return this.did("makeDirectory", `make ${path}`);
  }

  listNames(path: string): readonly string[] {
    const paths = [...this.files.keys()].filter((file) => file.startsWith(`${path}/`));
    return paths.map((file) => file.slice(path.length + 1));
  }

  removeFile(path: string): number {
    const result = this.did("removeFile", `remove ${path}`);
    if (result >= 0) {
      this.files.delete(path);
    }
    return result;
  }
}
