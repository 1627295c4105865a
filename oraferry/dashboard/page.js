// Two views of the same API as everybody's: all jobs, and one of them as it happens.
import { element, forget, row, showTables } from "/dashboard/tables.js";
import { morph, redraw } from "/dashboard/redraw.js";
import { clock, duration, sentence, verdict } from "/dashboard/texts.js";

const MOST_EVENTS = 1000;
const section = document.querySelector("#job");
const find = (selector) => section.querySelector(selector);
const GOOD = { true: "agrees", false: "differs" };

const took = (job) =>
  job.started_at && job.finished_at
    ? (new Date(job.finished_at) - new Date(job.started_at)) / 1000 : 0;

async function showJobs() {
  const answer = await fetch("/migrations?limit=100");
  if (!answer.ok) return;
  const { migrations } = await answer.json();
  document.querySelector("#jobs .empty").hidden = migrations.length > 0;
  redraw(document.querySelector("#jobs tbody"), migrations.map((job) => {
    const link = element("a", job.job_id);
    link.href = "#" + job.job_id;
    const cell = element("td");
    cell.append(link);
    if (job.error) cell.append(element("div", job.error.message, "remark"));
    return row(job.job_id, cell, element("td", job.status, job.status === "FAILED" ? "word differs" : "word"),
      element("td", verdict(job.verified), GOOD[job.verified]),
      element("td", new Date(job.created_at).toLocaleString()),
      element("td", took(job) ? duration(took(job)) : "–"));
  }));
}

// One job: what is known of it, in the order in which it was heard.
let stream = null;
let tables = [];
let seconds = 0;
let hasEnded = false;
const name = (wanted) => (tables.find((table) => table.number === wanted) || {}).source || "";

function fill(selector, sentences) {
  find(selector).hidden = !sentences.length;
  const list = element("ul");
  list.append(...sentences.map((text) => element("li", text)));
  morph(find(selector + " ul"), list);
}

function showProblem(error) {
  const made = find(".problem").cloneNode(false);
  made.hidden = !error;
  if (error) made.append(element("p", error.message));
  if (error && error.hint) made.append(element("p", `What to do: ${error.hint}`));
  morph(find(".problem"), made);
}

function showState(job) {
  hasEnded = Boolean(job.finished_at);
  const state = find(".state");
  const asked = job.cancel_requested && !job.finished_at ? ", is asked to stop" : "";
  state.textContent = job.status + asked
    + (job.verified === null ? "" : `, verified: ${verdict(job.verified)}`);
  state.className = "state " + (job.status === "FAILED" ? "differs" : GOOD[job.verified] || "");
  showProblem(job.error);
}

async function showDetails(id) {
  const answer = await fetch("/migrations/" + encodeURIComponent(id));
  const job = await answer.json();
  if (!answer.ok) {
    find(".state").textContent = "";
    showProblem({ message: job.detail, hint: job.hint });
    return false;
  }
  showState(job);
  [tables, seconds] = [job.tables, took(job)];
  showTables(section, tables, seconds);
  const differences = job.comparison.flatMap((pair) => pair.differences)
    .map((d) => `${d.severity}: ${d.table}${d.column ? "." + d.column : ""}: ${d.message}`
      + (d.hint ? ` (${d.hint})` : ""));
  const doubts = job.comparison.flatMap((pair) => pair.notes);
  fill(".notes", [...new Set([...differences, ...doubts, ...job.notes])]);
  fill(".troubles", job.troubles.map((t) =>
    `${t.table ? t.table + ": " : ""}${t.message}` + (t.count > 1 ? ` (${t.count} times)` : "")));
  return true;
}

function hear(id, { at, kind, body }) {
  const text = sentence(kind, body, name);
  const events = find(".events");
  if (text) events.prepend(element("li", `${clock(at)}  ${text}`));
  while (events.childElementCount > MOST_EVENTS) events.lastElementChild.remove();
  if (kind === "job.status" && !hasEnded) find(".state").textContent = body.status;
  if (kind === "plan.saved") showDetails(id);
}

async function showJob(id) {
  if (stream) stream.close();
  forget();
  section.hidden = !id;
  document.querySelector("#jobs").hidden = Boolean(id);
  if (!id) return showJobs();
  find("h2").textContent = id;
  find(".events").replaceChildren();
  find(".state").textContent = "…";
  find(".state").className = "state";
  for (const part of [".notes", ".troubles", ".problem"]) find(part).hidden = true;
  [tables, seconds] = [[], 0];
  showTables(section, tables, seconds);
  const path = "/migrations/" + encodeURIComponent(id);
  find(".reports .html").href = path + "/report.html";
  find(".reports .junit").href = path + "/report.xml";
  const isThere = await showDetails(id);
  for (const part of [".reports", ".tables", ".history"]) find(part).hidden = !isThere;
  if (!isThere || id !== chosen()) return;  // perhaps another was chosen meanwhile
  stream = new EventSource(path + "/events");
  stream.addEventListener("message", (message) => hear(id, JSON.parse(message.data)));
  stream.addEventListener("progress", (message) => {
    tables = JSON.parse(message.data).tables;
    showTables(section, tables, seconds);
  });
  stream.addEventListener("end", (message) => {
    stream.close();
    showState(JSON.parse(message.data));
    showDetails(id);
  });
}

const chosen = () => decodeURIComponent(location.hash.slice(1));
addEventListener("hashchange", () => showJob(chosen()));
find(".filter input").addEventListener("input", () => showTables(section, tables, seconds));
showJob(chosen());
setInterval(() => { if (!chosen() && !document.hidden) showJobs(); }, 2000);
