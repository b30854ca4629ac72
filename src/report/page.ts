import type { Incident } from "../model/incident.ts";
import { candidateBars, takerBars } from "./bars.ts";
import { escapeName } from "./escape.ts";
import { EVENTS } from "./explanation.ts";
import { html } from "./markup.ts";
import { STYLE } from "./page-style.ts";
import { figureOf } from "./plot.ts";
import { type Section, storyOf, type Teller } from "./story.ts";
import { spanOf, tracksOf } from "./tracks.ts";

/** Nothing may be loaded and nothing may run, whatever a name managed to bring in. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const KEY =
  '<p class="key"><i class="base"></i> oom_score of the kernel ' +
  '<i class="added"></i> added by rules and growth <i class="lost"></i> taken off by rules</p>';

function sectionHtml({ lines, title }: Section): string {
  const paragraphs = lines.map((line) => `<p>${html(line)}</p>`).join("");
  return `<section><h2>${html(title)}</h2>${paragraphs}</section>`;
}

function curvesHtml(incident: Incident): string {
  const { kind, limits, looks } = incident;
  if (looks.atMs.length < 2) {
    return "";
  }
  const span = spanOf(incident);
  const figures = tracksOf(looks, limits).map((track) => figureOf(track, span, EVENTS[kind]));
  return `<div class="curves">${figures.join("\n")}</div>`;
}

/**
 * One incident as a page that stands by itself: no script, nothing from anywhere else. All texts of
 * strangers are escaped.
 */
export function pageOf(incident: Incident, teller: Teller): string {
  const { headline, sections } = storyOf(incident, teller);
  const { bustd, id, machine } = incident;
  const candidates = candidateBars(incident);
  const source = `${id}, bustd ${bustd.version}, settings ${bustd.digest}, Linux ${machine.kernel}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${html(POLICY)}">
<title>${html(headline)}</title>
<style>
${STYLE}
</style>
</head>
<body>
<h1>${html(headline)}</h1>
${curvesHtml(incident)}
<main class="story">
${sections.map(sectionHtml).join("\n")}
</main>
${takerBars(incident)}
${candidates}${candidates === "" ? "" : KEY}
<footer>${html(escapeName(source))}</footer>
</body>
</html>
`;
}
