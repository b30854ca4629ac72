import { incidentSchema } from "../../src/commands/incident-schema.ts";
import { INCIDENT_VERSION } from "../../src/model/incident.ts";

/** What this needs to see of a schema of valibot. */
interface Schema {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly item?: Schema;
  readonly wrapped?: Schema;
  readonly options?: readonly string[];
  readonly literal?: unknown;
  readonly pipe?: readonly Step[];
}

interface Step {
  readonly kind: string;
  readonly type: string;
  readonly description?: string;
  readonly requirement?: unknown;
}

type Json = Record<string, unknown>;

/** What an action of a pipe says in JSON Schema. */
function ofStep({ description, kind, requirement, type }: Step, of: string): Json {
  if (kind === "schema") {
    return {};
  }
  switch (type) {
    case "description":
      return { description };
    case "min_value":
      return { minimum: requirement };
    case "max_value":
      return { maximum: requirement };
    case "max_length":
      return { [of === "array" ? "maxItems" : "maxLength"]: requirement };
    case "finite":
    case "check":
      return {};
    default:
      throw new Error(`no words in JSON Schema for ${type}`);
  }
}

function ofType(schema: Schema): Json {
  switch (schema.type) {
    case "object": {
      const entries = Object.entries(schema.entries ?? {});
      return {
        type: "object",
        required: entries.filter(([, { type }]) => type !== "optional").map(([name]) => name),
        properties: Object.fromEntries(entries.map(([name, entry]) => [name, jsonSchema(entry)])),
      };
    }
    case "array":
      return { type: "array", items: jsonSchema(schema.item as Schema) };
    case "optional":
      return jsonSchema(schema.wrapped as Schema);
    case "nullable":
      return { anyOf: [{ type: "null" }, jsonSchema(schema.wrapped as Schema)] };
    case "picklist":
      return { enum: schema.options };
    case "literal":
      return { const: schema.literal };
    case "boolean":
    case "number":
    case "string":
      return { type: schema.type };
    default:
      throw new Error(`no words in JSON Schema for ${schema.type}`);
  }
}

function jsonSchema(schema: Schema): Json {
  const steps = (schema.pipe ?? []).map((step) => ofStep(step, schema.type));
  return Object.assign({}, ...steps, ofType(schema)) as Json;
}

const COLUMNS = 100;

/** Lists of words on one line where they fit, as the formatter wants them. */
function compact(json: string): string {
  return json.replaceAll(/^(.*)\[\n([^\][{}]*?)\n\s*\](,?)$/gm, (whole, head, items, comma) => {
    const words = String(items)
      .trim()
      .replaceAll(/,\n\s*/g, ", ");
    const line = `${head}[${words}]${comma}`;
    return line.length <= COLUMNS ? line : whole;
  });
}

/** The document that describes an incident; https://json-schema.org/draft/2020-12/schema. */
export function incidentSchemaFile(): string {
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `urn:bustd:incident:${INCIDENT_VERSION}`,
    $comment: "Made by scripts/generate.ts from src/commands/incident-schema.ts.",
    title: "An incident of bustd",
    description:
      "One kill, or why there was none: a file of /var/lib/bustd/incidents. Members that are not " +
      "named here may come; the version changes when one of these goes or means something else. " +
      "The lists of looks have one length: their n-th values belong together.",
    ...jsonSchema(incidentSchema as unknown as Schema),
  };
  return `${compact(JSON.stringify(document, null, 2))}\n`;
}
