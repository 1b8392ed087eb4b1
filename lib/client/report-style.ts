/** The style of a report: colours as variables, so that dark is another set of them. */
export const REPORT_STYLE: string = `
:root { color-scheme: light dark;
  --ground: #fff; --card: #f5f6f8; --ink: #1b1f27; --soft: #667085; --line: #e2e5ea;
  --success: #2f9e6e; --failure: #d64545; --timeout: #d9822b; --init: #a23fa8; --terminated: #8b93a1;
  --running: #3b82d6; --cold: #c3d4ee; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #14161b; --card: #1e2128; --ink: #e8eaef; --soft: #98a1b2; --line: #2d323c;
  --success: #3fbf88; --failure: #ef6a6a; --timeout: #eba04f; --init: #c873ce; --terminated: #747d8c;
  --running: #5b9df0; --cold: #3a4a66; } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 14px/1.5 system-ui, sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 16px; margin: 32px 0 8px; }
.what { color: var(--soft); margin: 4px 0 20px; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 12px; padding: 0; }
.facts li { list-style: none; background: var(--card); border-radius: 8px; padding: 12px 14px; }
.facts b { display: block; font-size: 20px; font-weight: 600; } .facts span { display: block; }
.facts small { color: var(--soft); }
svg { width: 100%; height: auto; display: block; background: var(--card); border-radius: 8px; }
svg text { font-size: 11px; fill: var(--soft); } svg .lane { text-anchor: end; fill: var(--ink); }
svg .middle { text-anchor: middle; } svg .grid { stroke: var(--line); }
rect.success { fill: var(--success); } rect.failure { fill: var(--failure); }
rect.timeout { fill: var(--timeout); } rect.init_failure { fill: var(--init); }
rect.terminated { fill: var(--terminated); } rect.running { fill: var(--running); }
rect.cold { fill: url(#cold); } .cold-ground { fill: var(--card); } .cold-line { fill: var(--cold); }
i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
i.success { background: var(--success); } i.failure { background: var(--failure); }
i.timeout { background: var(--timeout); } i.init_failure { background: var(--init); }
i.terminated { background: var(--terminated); } i.running { background: var(--running); }
i.cold { background: var(--cold); }
.legend span { margin-right: 16px; color: var(--soft); font-size: 12px; white-space: nowrap; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 500; }
`;
