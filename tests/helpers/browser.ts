import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Debian's Chromium, or "". */
export const CHROMIUM = Bun.which("chromium") ?? "";

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/**
 * A real browser without a window, spoken to in its own protocol:
 * https://chromedevtools.github.io/devtools-protocol/.
 */
export class Browser {
  /** What the page said on its console, and requests that it made. */
  readonly heard: string[] = [];
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #listeners = new Map<string, () => void>();
  #socket: WebSocket | null = null;
  #child: Bun.Subprocess<"ignore", "ignore", "pipe"> | null = null;
  #profile = "";
  #lastId = 0;

  async start(): Promise<void> {
    this.#profile = mkdtempSync(join(tmpdir(), "bustd-browser-"));
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"];
    const child = Bun.spawn(
      [CHROMIUM, ...flags, `--user-data-dir=${this.#profile}`, "--hide-scrollbars", "about:blank"],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    this.#child = child;
    const port = await this.#portOf(child.stderr);
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    const pages = (await response.json()) as { type: string; webSocketDebuggerUrl: string }[];
    const page = pages.find(({ type }) => type === "page");
    this.#socket = new WebSocket(page?.webSocketDebuggerUrl ?? "");
    await new Promise((resolve) => this.#socket?.addEventListener("open", resolve));
    this.#socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(String(data))));
    for (const domain of ["Page", "Runtime", "Log", "Network"]) {
      await this.call(`${domain}.enable`);
    }
  }

  async #portOf(stderr: ReadableStream<Uint8Array>): Promise<string> {
    let said = "";
    for await (const chunk of stderr) {
      said += new TextDecoder().decode(chunk);
      const port = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(said)?.[1];
      if (port !== undefined) {
        return port;
      }
    }
    throw new Error(`the browser did not start: ${said}`);
  }

  #hear(answer: Answer): void {
    if (answer.id !== undefined) {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
      return;
    }
    const { method = "", params } = answer;
    if (/^(Log\.entryAdded|Runtime\.(exceptionThrown|consoleAPICalled))$/.test(method)) {
      this.heard.push(`${method} ${JSON.stringify(params)}`);
    }
    if (method === "Network.requestWillBeSent") {
      const { request } = params as { request: { url: string } };
      this.heard.push(...(request.url.startsWith("file:") ? [] : [request.url]));
    }
    this.#listeners.get(method)?.();
  }

  async call(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket?.send(JSON.stringify({ id, method, params }));
    });
    if (answer.error !== undefined) {
      throw new Error(`${method}: ${answer.error.message}`);
    }
    return answer.result ?? {};
  }

  /** Opens a file in a window of this size, light or dark. */
  async open(path: string, width: number, scheme: "light" | "dark"): Promise<void> {
    const size = { width, height: 800, deviceScaleFactor: 1, mobile: width < 600 };
    await this.call("Emulation.setDeviceMetricsOverride", size);
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.call("Emulation.setEmulatedMedia", { features });
    const loaded = new Promise<void>((resolve) =>
      this.#listeners.set("Page.loadEventFired", resolve),
    );
    await this.call("Page.navigate", { url: `file://${path}` });
    await loaded;
  }

  /** The value of an expression in the page. */
  async ask(expression: string): Promise<unknown> {
    const { result } = await this.call("Runtime.evaluate", { expression, returnByValue: true });
    return (result as { value: unknown }).value;
  }

  async picture(): Promise<Uint8Array> {
    const { data } = await this.call("Page.captureScreenshot", { captureBeyondViewport: true });
    return Buffer.from(String(data), "base64");
  }

  /** How many sheets of paper it takes. */
  async sheets(): Promise<number> {
    const { data } = await this.call("Page.printToPDF", { preferCSSPageSize: true });
    const pdf = Buffer.from(String(data), "base64").toString("latin1");
    return [...pdf.matchAll(/\/Type\s*\/Page\b/g)].length;
  }

  async pdf(): Promise<Uint8Array> {
    const { data } = await this.call("Page.printToPDF", {
      preferCSSPageSize: true,
      printBackground: true,
    });
    return Buffer.from(String(data), "base64");
  }

  async stop(): Promise<void> {
    this.#socket?.close();
    this.#child?.kill();
    await this.#child?.exited;
    rmSync(this.#profile, { recursive: true, force: true });
  }
}
