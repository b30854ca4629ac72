/** How the page looks: light and dark, on a phone, and on one sheet of paper. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2024;--dim:#5d6670;--paper:#fff;--card:#f5f6f8;
--rule:#d5d9de;--blue:#1769c0;--fill:#1769c02e;--red:#c0262d;--amber:#b3590a}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ec;--dim:#a0a9b3;--paper:#14171a;
--card:#1e2327;--rule:#3a424a;--blue:#6db3f8;--fill:#6db3f83d;--red:#ff7b7f;--amber:#f2a65a}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px 16px 40px;max-width:60rem;background:var(--paper);
color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}
h2{font-size:1rem;margin:0 0 .25rem}
p{margin:0 0 .25rem}
.story{display:grid;gap:1rem 2rem;
grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));margin:1.5rem 0}
.curves{background:var(--card);border-radius:8px;padding:1rem}
figure{margin:0 0 1rem}
figure:last-child{margin:0}
figcaption{font-weight:600;font-size:.875rem;margin-bottom:.625rem}
.plot{position:relative;height:110px;margin:0 0 0 3.25rem;border:solid var(--rule);
border-width:0 0 1px 1px}
svg{display:block;width:100%;height:100%}
path{fill:none;vector-effect:non-scaling-stroke}
.area{fill:var(--fill)}
.line{stroke:var(--blue);stroke-width:1.5}
.grid{stroke:var(--rule);stroke-width:1}
.limit{stroke:var(--red);stroke-width:1.25;stroke-dasharray:6 4}
.hard{stroke-dasharray:2 3}
.event{stroke:var(--ink);stroke-width:1.25}
.y,.at,.x span{position:absolute;font-size:.75rem;line-height:1;white-space:nowrap}
.y{right:100%;padding-right:.375rem;color:var(--dim);transform:translateY(-50%)}
.at{left:.375rem;color:var(--red);background:color-mix(in srgb,var(--card) 75%,transparent);
padding:1px 2px}
.above{transform:translateY(calc(-100% - 3px))}
.below{transform:translateY(3px)}
.x{position:relative;height:1.25rem;margin-left:3.25rem}
.x span{top:.375rem;color:var(--dim);transform:translateX(-50%)}
.x .now{color:var(--ink);font-weight:600}
.bars{margin-top:1.5rem}
.bars ol{list-style:none;margin:0;padding:0}
.bars li{display:grid;grid-template-columns:15rem 1fr;gap:0 .75rem;align-items:center;
padding:.25rem 0;font-size:.875rem}
.bar{display:flex;height:.75rem}
.value{grid-column:2;color:var(--dim);font-size:.75rem}
.bar i{height:100%}
.base{background:var(--blue)}
.added{background:var(--amber)}
.lost{border:1px dashed var(--dim)}
.victim .who{font-weight:600;color:var(--red)}
.key{color:var(--dim);font-size:.75rem}
.key i{display:inline-block;width:.75rem;height:.75rem;vertical-align:-1px}
footer{margin-top:1.5rem;color:var(--dim);font-size:.75rem}
@media (max-width:40rem){body{font-size:15px}.bars li{grid-template-columns:1fr}
.value{grid-column:1}.plot{height:96px}}
@page{size:A4;margin:10mm}
@media print{:root{color-scheme:light;--ink:#000;--dim:#444;--paper:#fff;--card:#fff;--rule:#bbb;
--blue:#1769c0;--fill:#1769c02e;--red:#b00020;--amber:#b3590a}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{padding:0;max-width:none;font-size:8.5pt;line-height:1.3}
h1{font-size:13pt;margin-bottom:2mm}h2{font-size:9pt}
.story{display:block;columns:2;column-gap:6mm;margin:2mm 0}
.story section{break-inside:avoid;margin-bottom:2mm}
html{font-size:11px}
h1,h2,p,.who{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden}
h1,h2{-webkit-line-clamp:2}
.who{-webkit-line-clamp:1}
.curves{padding:0}figure{margin:0 0 1.5mm}figcaption{margin-bottom:1.5mm}.plot{height:13mm}
.bars{margin-top:2mm;break-inside:avoid}.bars li{padding:0;grid-template-columns:55mm 1fr 62mm}
.bars li:nth-child(n+6){display:none}
.value{grid-column:auto;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.story section p:nth-of-type(n+5){display:none}
footer{margin-top:2mm}}
`.trim();
