/**
 * The style sheet: light or dark as the reader's system is set, for screens of any width. No font and no image is loaded.
 * Every pair of colors has a contrast of at least 4.5 (WCAG AA).
 */
export const STYLE = packed(`:root{
  color-scheme:light dark;
  --ground:#f4f4f1;--card:#fff;--ink:#1a1e23;--soft:#565e68;--line:#dddcd6;--faint:#ecebe6;
  --link:#0b5a9c;--focus:#0b5a9c;--mark:#ffeeb0;--mark-ink:#3d2e00;
  --good:#17703f;--bad:#b3261e;--warn:#8a5a00;--bad-ground:#fdecea;--warn-ground:#fff5dc;--good-ground:#e7f5ec;
  --critical:#8f1239;--high:#b1380a;--medium:#855700;--low:#1d5b9e;--informational:#5b636d;--on-level:#fff;
  --bars:#6d8196;--alerts:#c2410c;
  --mono:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;
}
@media (prefers-color-scheme:dark){:root{
  --ground:#0d1014;--card:#15191e;--ink:#e6e8eb;--soft:#a2abb5;--line:#2b3138;--faint:#1d2228;
  --link:#86bdf3;--focus:#86bdf3;--mark:#5a4600;--mark-ink:#fff3cf;
  --good:#5fd394;--bad:#ff9a90;--warn:#f0c060;--bad-ground:#331a18;--warn-ground:#2f2611;--good-ground:#12291c;
  --critical:#ff9db5;--high:#ffa97c;--medium:#f0c562;--low:#93c5fd;--informational:#b9c1ca;--on-level:#14110f;
  --bars:#71869c;--alerts:#ff8a4c;
}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Open Sans','DejaVu Sans',sans-serif}
a{color:var(--link);text-underline-offset:.15em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:3px}
main:focus{outline:0}
h1,h2,h3,p,dl,dd,ul,ol,figure,pre{margin:0}
h1{font-size:1.6rem;line-height:1.25;overflow-wrap:anywhere}
h2{font-size:1.05rem;line-height:1.4}
h3{font-size:.95rem}
bdi{unicode-bidi:isolate;overflow-wrap:anywhere}
code{font:.92em/1.45 var(--mono);overflow-wrap:anywhere}
mark{background:var(--mark);color:var(--mark-ink);border-radius:3px;padding:.05em .25em;box-decoration-break:clone}
mark .quiet{color:inherit}
.unseen{font:.75em/1 var(--mono);border:1px solid currentColor;border-radius:3px;padding:0 .2em;margin:0 .1em;white-space:nowrap;color:var(--bad)}
mark .unseen{color:inherit}
.quiet,.sub,.none,.over,.zone,.utc{color:var(--soft)}
.none{font-style:italic}
.sub{display:block;font-size:.85rem;font-weight:400;overflow-wrap:anywhere}
.zone,.utc{font-size:.85em}
.when{display:inline-block}
.when time,.zone,.utc{white-space:nowrap}
.utc::before{content:'('}.utc::after{content:')'}
.with-script{display:none}.scripted .with-script{display:inline}
.unsighted{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-99rem;top:0;padding:.5rem 1rem;background:var(--card)}
.skip:focus{left:0;z-index:1}

.top,main,.foot{max-width:70rem;margin:0 auto;padding:0 1.25rem}
.top{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1.5rem;padding-top:.75rem;padding-bottom:.75rem}
.brand{display:inline-flex;align-items:center;gap:.5rem;font-weight:700;font-size:1.1rem;color:var(--ink);text-decoration:none}
.bell{width:1.5rem;height:1.5rem;fill:#d9822b}
.top nav{display:flex;gap:.25rem}
.top nav a,.filters nav a{padding:.4rem .75rem;border-radius:6px;color:var(--ink);text-decoration:none}
.top nav a:hover,.filters nav a:hover{background:var(--faint)}
.top nav [aria-current]{background:var(--card);box-shadow:inset 0 0 0 1px var(--line);font-weight:600}
.who{margin-left:auto;display:flex;align-items:center;gap:.35rem .75rem;color:var(--soft);font-size:.9rem;flex-wrap:wrap}
main{display:grid;gap:1.25rem;grid-template-columns:minmax(0,1fr);padding-top:.75rem}
.foot{padding-top:1.5rem;padding-bottom:2.5rem;color:var(--soft);font-size:.85rem}

.card,.watch{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.25rem}
.card{display:grid;gap:.75rem;grid-template-columns:minmax(0,1fr)}
.card>header{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:.25rem 1rem}
.empty{color:var(--soft);padding:.5rem 0}
.note{padding:.65rem .9rem;border-radius:8px;background:var(--warn-ground);border-left:4px solid var(--warn)}
.note.bad{background:var(--bad-ground);border-color:var(--bad)}
.bad,strong.bad{color:var(--bad)}li.bad,.note.bad,.watch.bad{color:inherit}
main ul:not([class]){padding-left:1.25rem}
.prose{max-width:46rem;font-size:1.05rem}

.watch{border-left:6px solid var(--warn);display:grid;gap:.5rem}
.watch.good{border-left-color:var(--good)}.watch.bad{border-left-color:var(--bad);background:var(--bad-ground)}.watch.warn{background:var(--warn-ground)}
.watch h1{display:flex;align-items:center;gap:.6rem;font-size:1.8rem}
.lamp{width:.8rem;height:.8rem;border-radius:50%;background:var(--warn)}
.good .lamp{background:var(--good)}.bad .lamp{background:var(--bad)}
.line{display:block}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,11.5rem),1fr));gap:.9rem 1.5rem}
.card.figures{grid-template-columns:repeat(auto-fit,minmax(min(100%,13rem),1fr))}
.broad{grid-column:span 2}
.watch .figures{margin-top:.5rem;padding-top:.9rem;border-top:1px solid var(--line)}
dt{color:var(--soft);font-size:.85rem}
dd{font-weight:600;overflow-wrap:anywhere}
dd .when,dd .none,dd code{font-weight:500}

.level{display:inline-block;font-size:.8rem;font-weight:650;line-height:1.5;padding:0 .5em;border-radius:4px;color:var(--on-level);background:var(--informational);white-space:nowrap}
.level-critical{background:var(--critical)}.level-high{background:var(--high)}.level-medium{background:var(--medium)}
.level-low{background:var(--low)}
.levels{list-style:none;padding:0;display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.5rem}
.levels a{display:flex;align-items:center;justify-content:space-between;gap:.5rem;padding:.5rem .75rem;border:1px solid var(--line);border-radius:8px;color:var(--ink);text-decoration:none}
.levels a:hover{border-color:var(--soft)}
.big{font-size:1.5rem;font-weight:650;line-height:1.2;font-variant-numeric:tabular-nums}
.zero .big{color:var(--soft);font-weight:400}

.wide{overflow-x:auto;max-width:100%}
.tall{max-height:20rem;overflow-y:auto}
table{border-collapse:collapse;width:100%;font-size:.93rem}
th,td{text-align:left;vertical-align:top;padding:.5rem .75rem .5rem 0;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--soft);font-weight:500;font-size:.85rem;padding-top:0}
tbody th{font-weight:600}
.number{text-align:right;font-variant-numeric:tabular-nums}
td.number,th.number{padding-right:1.25rem}
td>.when>.utc{display:block}
td>.when{white-space:nowrap}
.tight bdi{overflow-wrap:normal}
.sub .when{display:inline}
td .when,.moment .when,tbody th .when{font-variant-numeric:tabular-nums}
tr.here{background:var(--faint)}
tr.here>:first-child{box-shadow:inset 3px 0 var(--link);padding-left:.6rem}
.fields{table-layout:fixed}
.fields col:first-child{width:13rem}
.fields th{font-weight:500;color:var(--soft)}
.fields td{overflow-wrap:anywhere}
.fields tr.matched th{color:inherit}
.whole{white-space:pre-wrap;max-height:30rem;overflow-y:auto;margin-top:.5rem;padding:.5rem .75rem;background:var(--faint);border-radius:6px}
.other{color:var(--soft)}mark .other{color:inherit}
summary{cursor:pointer;color:var(--link);overflow-wrap:anywhere}
td summary{color:inherit}

.chart{display:grid;gap:.5rem}
.chart figcaption{display:flex;flex-wrap:wrap;gap:.25rem 1rem}
.key{font-weight:600}
.key::before{content:'';display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.4em;background:var(--bars)}
.key.alerts::before{background:var(--alerts)}
.lane p{font-size:.8rem;line-height:1.3}
.lane svg{display:block;width:100%;height:7rem;fill:var(--bars)}
.lane.alerts svg{height:3rem;fill:var(--alerts)}
.ground{stroke:var(--line);vector-effect:non-scaling-stroke}
.axis{display:flex;justify-content:space-between;font-size:.8rem;color:var(--soft);font-variant-numeric:tabular-nums;gap:.5rem}

.problems,.reasons,.evidence,.timeline,.tags,.steps{padding:0;list-style:none;display:grid;gap:.6rem;grid-template-columns:minmax(0,1fr)}
.problems li{padding:.5rem .9rem;border-left:4px solid var(--warn);background:var(--warn-ground);border-radius:0 8px 8px 0}
.problems .bad{border-color:var(--bad);background:var(--bad-ground)}
.problems .sub,.note .sub{color:inherit}
.steps{list-style:decimal;padding-left:1.4rem}
.evidence{gap:.2rem;font-size:.93rem}
.reasons{gap:.9rem}
.reasons .evidence{margin:.25rem 0 0 .25rem;padding-left:.75rem;border-left:2px solid var(--line)}
.tags{display:flex;flex-wrap:wrap;gap:.25rem .6rem;font-weight:500}
.health::before,.delivery::before{content:'';display:inline-block;width:.6em;height:.6em;border-radius:50%;margin-right:.4em;background:var(--soft)}
.health.good::before,.delivery.delivered::before{background:var(--good)}
.health.bad::before,.delivery.dead::before{background:var(--bad)}
.delivery.pending::before{background:var(--warn)}
.health.bad,.delivery.dead{color:var(--bad);font-weight:600}

.head{display:grid;gap:.35rem;padding-top:.25rem}
.over{display:flex;flex-wrap:wrap;align-items:center;gap:.35rem .75rem;font-size:.93rem}
.over .state-open{color:var(--bad);font-weight:650}
.lead{max-width:46rem;font-size:1.05rem}
.timeline{gap:0;margin-left:.4rem;border-left:2px solid var(--line)}
.timeline>li{position:relative;padding:0 0 1.25rem 1.25rem;display:grid;gap:.2rem}
.timeline>li:last-child{padding-bottom:0}
.timeline>li::before{content:'';position:absolute;left:-.45rem;top:.4rem;width:.75rem;height:.75rem;border-radius:50%;background:var(--card);border:2px solid var(--soft)}
.timeline>.matched::before{background:var(--alerts);border-color:var(--alerts)}
.moment{display:flex;flex-wrap:wrap;gap:.1rem .75rem;align-items:baseline;font-size:.9rem}
.part{font-weight:600}.part.contributing{color:var(--soft);font-weight:400}
.words{display:grid;gap:.1rem;overflow-wrap:anywhere}
.words .request{color:var(--soft)}

.jumps{display:flex;flex-wrap:wrap;gap:.15rem 1.25rem;font-size:.93rem}

.code{overflow:auto;max-height:36rem;background:var(--faint);border-radius:8px}
.code pre{padding:.9rem 1rem;width:max-content;min-width:100%}
.code code{overflow-wrap:normal;white-space:pre;font-size:.85rem;unicode-bidi:plaintext}
.filters{display:grid;gap:.4rem}
.filters nav{display:flex;flex-wrap:wrap;gap:.15rem}
.filters nav a{padding:.25rem .65rem;font-size:.93rem}
.filters [aria-current]{background:var(--ink);color:var(--ground)!important}
.pager{display:flex;gap:1.5rem}.pager:empty{display:none}

.message{width:100%;max-width:36rem;margin:5vh auto;padding:1.75rem;display:grid;gap:1rem;background:var(--card);border:1px solid var(--line);border-radius:10px}
.signin{display:grid;gap:.6rem}
label{font-weight:600}
input{font:inherit;padding:.6rem .75rem;border:1px solid var(--soft);border-radius:8px;background:var(--ground);color:inherit;width:100%}
button,.button{font:inherit;font-weight:600;padding:.55rem 1.1rem;border:0;border-radius:8px;background:var(--ink);color:var(--ground);cursor:pointer;text-decoration:none;display:inline-block;justify-self:start}
button[hidden]{display:none}
.copy,.plain{font-size:.85rem;font-weight:500;padding:.2rem .7rem;background:var(--faint);color:var(--ink);border:1px solid var(--line)}

@media (max-width:44rem){
  .top,main,.foot{padding-left:.9rem;padding-right:.9rem}
  .top nav a{padding:.4rem .55rem}
  .who{margin-left:0;width:100%}
  h1{font-size:1.35rem}
  .card,.watch,.message{padding:.85rem .9rem}
  .cards,.cards tbody,.cards tr,.cards td,.cards tbody th{display:block}
  .cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
  .cards tr{padding:.6rem 0;border-top:1px solid var(--line)}
  .cards tbody tr:first-child{border-top:0;padding-top:0}
  .cards td,.cards tbody th{border:0;padding:.1rem 0;display:grid;grid-template-columns:6.5rem minmax(0,1fr);gap:.5rem;text-align:left}
  .cards td::before,.cards tbody th::before{content:attr(data-label);color:var(--soft);font-weight:400;font-size:.85rem}
  td>.when{white-space:normal}
  .cards .tight bdi{overflow-wrap:anywhere}
  .cards td>*,.cards tbody th>*{grid-column:2;justify-self:start}
  .cards tr.here{padding-left:.6rem;box-shadow:inset 3px 0 var(--link)}
  .cards tr.here>:first-child{box-shadow:none;padding-left:0}
  .fields,.fields tbody,.fields tr,.fields th,.fields td{display:block;width:auto}
  .fields th{padding-bottom:0}.fields td{border-top:0;padding-top:0}
  .broad{grid-column:auto}
  .axis time:nth-child(even){display:none}
}
@media (prefers-reduced-motion:no-preference){.watch.good .lamp{animation:breathe 3s ease-in-out infinite}}
@keyframes breathe{50%{opacity:.45}}
@media print{.top nav,.who,.copy,.skip{display:none}}
`);

/** Without line breaks and indentation. */
function packed(text: string): string {
  return text.replace(/\n\s*/g, '').replaceAll(';}', '}');
}
