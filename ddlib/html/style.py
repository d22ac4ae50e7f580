"""The style sheet of a report: light and dark, from a phone to a desk, on a screen and on paper."""

# The sites' colours are Okabe and Ito's, as in the book's figures, lightened on a dark page. All
# text has a contrast of at least 4.5 with its ground.
STYLE = """
:root {
  color-scheme: light dark;
  --ground: #ffffff; --text: #1d2329; --soft: #59636e; --line: #d5dbe1; --panel: #f5f7f9;
  --accent: #0b5cad; --merged: #7d93a8; --plus: #0072b2; --minus: #d55e00; --shade: #1d232960;
  --warn: #8a4b00; --warn-ground: #fff5e0; --warn-line: #e0a030;
  --site-0: #d55e00; --site-1: #009e73; --site-2: #aa4499; --site-3: #0072b2; --site-4: #882255;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181c; --text: #e4e8ec; --soft: #a3adb8; --line: #38414a; --panel: #1d2329;
    --accent: #7cbcff; --merged: #7890a6; --plus: #56b4e9; --minus: #ff8c42; --shade: #e4e8ec60;
    --warn: #ffcf80; --warn-ground: #33270f; --warn-line: #b57f1d;
    --site-0: #ff8c42; --site-1: #2fcf9f; --site-2: #e08ad8; --site-3: #6cc0f5; --site-4: #f088b0;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem;
  background: var(--ground); color: var(--text); overflow-wrap: break-word;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif;
}
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .4rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem; padding-top: .5rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
p, ul, ol, dl { margin: .6rem 0; max-width: 46rem; }
ul, ol { padding-left: 1.3rem; }
li { margin: .25rem 0; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code, pre { font: .88em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
code { overflow-wrap: anywhere; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px;
  padding: .7rem .9rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.lead { color: var(--soft); max-width: 46rem; }
.soft { color: var(--soft); font-size: .88rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1rem; padding: 0; list-style: none;
  font-size: .9rem; }
.notes { list-style: none; padding: 0; max-width: none; }
.notes li { border: 1px solid var(--line); border-left-width: 4px; border-radius: 6px;
  background: var(--panel); padding: .5rem .8rem; margin: .5rem 0; }
.notes .warning { border-color: var(--warn-line); background: var(--warn-ground); }
.notes .warning b { color: var(--warn); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .7rem;
  margin: 1rem 0; max-width: none; }
.tiles div { border: 1px solid var(--line); border-radius: 8px; background: var(--panel);
  padding: .6rem .8rem; }
.tiles dt { color: var(--soft); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.35rem; font-weight: 600; }
.tiles dd small { display: block; font-size: .8rem; font-weight: 400; color: var(--soft);
  line-height: 1.35; }
/* A shadow at a side where more is to be seen: the ground above it scrolls along and hides it. */
.scroll { overflow-x: auto; max-width: 100%; margin: .8rem 0;
  background:
    linear-gradient(to right, var(--ground) 40%, transparent) left / 3rem 100% no-repeat local,
    linear-gradient(to left, var(--ground) 40%, transparent) right / 3rem 100% no-repeat local,
    linear-gradient(to right, var(--shade), transparent) left / 1.2rem 100% no-repeat scroll,
    linear-gradient(to left, var(--shade), transparent) right / 1.2rem 100% no-repeat scroll; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
.caption { color: var(--soft); font-size: .88rem; margin: 1rem 0 0; }
th, td { padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
thead th { font-weight: 600; border-bottom-color: var(--soft);
  vertical-align: bottom; max-width: 9rem; }
tbody th { font-weight: 400; min-width: 8rem; max-width: 18rem; }
th small, td small { color: var(--soft); white-space: nowrap; }
tbody th[scope=row] { position: sticky; left: 0; background: var(--ground); }
td.number, th.number { text-align: right; }
td.number { white-space: nowrap; }
.wraps td.number { white-space: normal; min-width: 4.6rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17.5rem), 1fr));
  gap: .8rem; margin: 1rem 0; }
.card { border: 1px solid var(--line); border-radius: 8px; padding: .6rem .75rem; min-width: 0; }
.card h3 { margin: 0 0 .3rem; font-size: .95rem; overflow-wrap: anywhere; }
.card h3 small { color: var(--soft); font-weight: 400; }
.card p { margin: .3rem 0 0; }
.card table { width: 100%; font-size: .82rem; }
.card td, .card th { border: 0; padding: .08rem .5rem .08rem 0; vertical-align: middle;
  line-height: 1.25; }
.card tbody th { width: 34%; min-width: 0; position: static; overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .88rem; padding: 0;
  list-style: none; max-width: none; }
.legend svg { width: 1.5rem; height: .8rem; vertical-align: baseline; margin-right: .35rem; }
figure { margin: 1rem 0; }
figcaption { color: var(--soft); font-size: .88rem; max-width: 46rem; }
svg { display: block; max-width: 100%; height: auto; }
figure svg { max-width: none; }
figure .narrow, .card > svg { max-width: 100%; }
.card > svg { width: 100%; }
svg text { fill: var(--text); font: 11px system-ui, -apple-system, "Segoe UI", Roboto, Arial,
  sans-serif; }
svg text.soft { fill: var(--soft); font-size: 10px; }
.legend svg, .row svg { display: inline-block; max-width: none; }
.row svg { display: block; width: 100%; }
.definitions { position: absolute; }
.scores { width: 100%; }
.scores th { width: 15rem; }
.scores td:nth-child(2) { width: 50%; }
.scores td { vertical-align: middle; }
.scores .row { min-width: 7rem; }
.scores small { display: block; white-space: normal; }
.scores small span { display: inline-block; white-space: nowrap; }
@media (max-width: 34rem) {
  body { padding-top: 1rem; }
  .scores th { width: auto; max-width: 9rem; }
  .scores .row { min-width: 5rem; }
  .scores td:nth-child(2) { width: 30%; }
}
@media print {
  body { max-width: none; }
  nav { display: none; }
  .card, tr, figure { break-inside: avoid; }
}
"""
