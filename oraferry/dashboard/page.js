"use strict";
// Text goes in by textContent only: names in a database may hold markup.

const element = (name, text, kind) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
};
const number = (n) => (n === null || n === undefined ? "?" : n.toLocaleString("en"));
const verdict = (v) => (v === true ? "yes" : v === false ? "NO" : "–");
const row = (...cells) => {
  const made = element("tr");
  made.append(...cells);
  return made;
};

async function showJobs() {
  const answer = await fetch("/migrations?limit=100");
  if (!answer.ok) return;
  const { migrations } = await answer.json();
  document.querySelector("#jobs .empty").hidden = migrations.length > 0;
  document.querySelector("#jobs tbody").replaceChildren(...migrations.map((job) => {
    const link = element("a", job.job_id);
    link.href = "#" + job.job_id;
    const cell = element("td");
    cell.append(link);
    return row(cell, element("td", job.status), element("td", verdict(job.verified)),
      element("td", new Date(job.created_at).toLocaleString()));
  }));
}

const rates = new Map();  // table number -> [time, rows] when it was first seen
function rate(table) {
  if (table.seconds) return table.rows_done / table.seconds;
  const now = performance.now();
  if (!rates.has(table.number)) rates.set(table.number, [now, table.rows_done]);
  const [start, rows] = rates.get(table.number);
  return now > start ? (table.rows_done - rows) * 1000 / (now - start) : 0;
}

function showTables(tables) {
  document.querySelector("#job tbody").replaceChildren(...tables.map((table) => {
    const bar = element("progress");
    if (table.rows_total) { bar.max = table.rows_total; bar.value = table.rows_done; }
    else if (table.phase === "done") { bar.max = 1; bar.value = 1; }
    else if (table.phase === "waiting") { bar.max = 1; bar.value = 0; }
    bar.setAttribute("aria-label", table.source + " progress");
    const progress = element("td");
    progress.append(bar);
    return row(element("td", `${table.source} → ${table.target}`), element("td", table.phase),
      element("td", `${number(table.rows_done)} / ${number(table.rows_total)}`, "number"),
      progress, element("td", number(Math.round(rate(table))), "number"),
      element("td", verdict(table.verified)
        + (table.set_aside ? ` (${number(table.set_aside)} set aside)` : "")));
  }));
}

let stream = null;
async function showJob(id) {
  if (stream) stream.close();
  rates.clear();
  const section = document.querySelector("#job");
  section.hidden = !id;
  document.querySelector("#jobs").hidden = Boolean(id);
  if (!id) return showJobs();
  section.querySelector("h2").textContent = id;
  const state = section.querySelector(".state");
  const events = section.querySelector(".events");
  events.replaceChildren();
  showTables([]);
  const path = "/migrations/" + encodeURIComponent(id);
  section.querySelector(".reports .html").href = path + "/report.html";
  section.querySelector(".reports .junit").href = path + "/report.xml";
  const answer = await fetch(path);
  const job = await answer.json();
  if (!answer.ok) { state.textContent = job.detail; return; }
  state.textContent = job.status;
  stream = new EventSource(path + "/events");
  stream.addEventListener("message", (message) => {
    const { at, kind, body } = JSON.parse(message.data);
    events.append(element("li", `${at}  ${kind}  ${JSON.stringify(body)}`));
    events.scrollTop = events.scrollHeight;
    if (body && body.status) state.textContent = body.status;
  });
  stream.addEventListener("progress", (m) => showTables(JSON.parse(m.data).tables));
  stream.addEventListener("end", (message) => {
    stream.close();
    const ended = JSON.parse(message.data);
    const error = ended.error ? `: ${ended.error.message}` : "";
    state.textContent = `${ended.status}, verified: ${verdict(ended.verified)}${error}`;
  });
}

addEventListener("hashchange", () => showJob(decodeURIComponent(location.hash.slice(1))));
showJob(decodeURIComponent(location.hash.slice(1)));
setInterval(() => { if (!location.hash.slice(1)) showJobs(); }, 2000);
