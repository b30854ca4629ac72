/** Prometheus' text format 0.0.4, or OpenMetrics 1.0. */
export type Format = "prometheus" | "openmetrics";

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples of one name. A counter's name has no `_total`: each format writes it where it wants. */
export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** What both formats escape in a label's value. */
function labelText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function sampleLine(name: string, { labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${labelText(text)}"`);
  const braces = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
  return `${name}${braces} ${Number.isFinite(value) ? value : "NaN"}`;
}

/**
 * All families as text.
 * https://prometheus.io/docs/instrumenting/exposition_formats/,
 * https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export function metricsText(families: readonly Family[], format: Format): string {
  const isOpen = format === "openmetrics";
  const lines = families
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ help, name, samples, type }) => {
      const sampleName = type === "counter" ? `${name}_total` : name;
      const family = isOpen ? name : sampleName;
      const text = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
      const head = [`# HELP ${family} ${text}`, `# TYPE ${family} ${type}`];
      return head.concat(samples.map((sample) => sampleLine(sampleName, sample)));
    });
  return `${[...lines, ...(isOpen ? ["# EOF"] : [])].join("\n")}\n`;
}
