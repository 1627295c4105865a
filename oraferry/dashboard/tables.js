// The tables of a job. Text goes in by textContent only: names in a database may hold markup.
import { redraw } from "/dashboard/redraw.js";
import { duration, number, verdict } from "/dashboard/texts.js";

const MOST_SHOWN = 200;
const PHASES = ["failed", "finishing", "copying", "waiting", "done"];

export const element = (name, text, kind) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
};
export const row = (key, ...cells) => {
  const made = element("tr");
  made.dataset.key = key;
  made.append(...cells);
  return made;
};

const starts = new Map();  // table number -> [time, rows] when it was first seen
export const forget = () => starts.clear();

function rate(key, rows, seconds) {
  if (seconds) return rows / seconds;
  const now = performance.now();
  if (!starts.has(key)) starts.set(key, [now, rows]);
  const [start, before] = starts.get(key);
  return now > start ? (rows - before) * 1000 / (now - start) : 0;
}

function bar(table, hasEnded) {
  const made = element("progress");
  if (table.rows_total) { made.max = table.rows_total; made.value = table.rows_done; }
  else if (table.phase === "done") { made.max = 1; made.value = 1; }
  else if (table.phase === "waiting" || hasEnded) { made.max = 1; made.value = 0; }
  made.setAttribute("aria-label", table.source + " progress");
  return made;
}

// What a person should know of a table, below its name.
function remarks(table) {
  const counted = Object.entries(table.altered).map(([what, n]) => `${what}: ${number(n)}`);
  const found = table.findings.map((finding) => finding.message);
  const failed = table.error ? [table.error.message, table.error.hint] : [];
  const restarts = table.restarts ? [`begun anew ${table.restarts} times`] : [];
  return [...failed, ...found, ...counted, ...restarts].filter(Boolean);
}

function line(table, hasEnded) {
  const name = element("td", `${table.source} → ${table.target}`);
  for (const remark of remarks(table)) name.append(element("div", remark, "remark"));
  const progress = element("td");
  progress.append(bar(table, hasEnded));
  const aside = table.set_aside ? ` (${number(table.set_aside)} set aside)` : "";
  const good = table.verified === null ? "" : table.verified ? "agrees" : "differs";
  return row(table.number, name, element("td", table.phase, table.phase === "failed" ? "word differs" : "word"),
    element("td", `${number(table.rows_done)} / ${number(table.rows_total)}`, "number"),
    progress,
    element("td", number(Math.round(rate(table.number, table.rows_done, table.seconds))), "number"),
    element("td", verdict(table.verified) + aside, good));
}

const sum = (tables, field) => tables.reduce((total, table) => total + (table[field] || 0), 0);

// All tables in one line, and one bar.
function showOverall(box, tables, took) {
  box.hidden = !tables.length;
  const done = tables.filter((table) => table.phase === "done").length;
  const rows = sum(tables, "rows_done");
  const total = Math.max(sum(tables, "rows_total"), rows);
  const [meter, text] = [box.querySelector("progress"), box.querySelector(".summary")];
  meter.max = total || 1;
  meter.value = total ? rows : Number(done === tables.length);
  const speed = rate("all", rows, took);
  const left = took ? null : (total - rows) / speed;
  text.textContent = [
    `${number(done)} of ${number(tables.length)} tables done`,
    `${number(rows)} of ${number(total)} rows`,
    speed ? `${number(Math.round(speed))} rows/s` : null,
    took ? `in ${duration(took)}` : null,
    Number.isFinite(left) && left > 0 ? `about ${duration(left)} left` : null,
  ].filter(Boolean).join(" · ");
}

// With very many tables those come first that need a look, or are being worked on.
export function showTables(section, tables, took) {
  showOverall(section.querySelector(".overall"), tables, took);
  const filter = section.querySelector(".filter");
  filter.hidden = tables.length <= MOST_SHOWN;
  const wanted = filter.querySelector("input").value.toUpperCase();
  let shown = tables.filter((table) => table.source.toUpperCase().includes(wanted));
  if (shown.length > MOST_SHOWN) {
    const place = (table) => (table.verified === false ? -1 : PHASES.indexOf(table.phase));
    shown = [...shown].sort((a, b) => place(a) - place(b)).slice(0, MOST_SHOWN);
  }
  filter.querySelector("span").textContent =
    `${number(shown.length)} of ${number(tables.length)} are shown`;
  redraw(section.querySelector("tbody"), shown.map((table) => line(table, took > 0)));
}
