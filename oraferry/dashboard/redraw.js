// Draws again only what changed: what a person selects, points at or has focused stays.

// Make *old* look like *made*, touching only what differs.
export function morph(old, made) {
  if (old.isEqualNode(made)) return;
  if (old.nodeName !== made.nodeName) { old.replaceWith(made); return; }
  if (old.nodeType === Node.TEXT_NODE) { old.data = made.data; return; }
  for (const { name } of [...old.attributes]) if (!made.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of made.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const wanted = [...made.childNodes];
  wanted.forEach((child, place) => {
    if (place < old.childNodes.length) morph(old.childNodes[place], child);
    else old.append(child);
  });
  while (old.childNodes.length > wanted.length) old.lastChild.remove();
}

// Let *box* hold *rows*, in their order; those with the same data-key are the same row.
export function redraw(box, rows) {
  const keys = new Set(rows.map((row) => row.dataset.key));
  for (const old of [...box.children]) if (!keys.has(old.dataset.key)) old.remove();
  const there = new Map([...box.children].map((old) => [old.dataset.key, old]));
  let next = box.firstElementChild;
  for (const made of rows) {
    const old = there.get(made.dataset.key);
    if (old) morph(old, made);
    const row = old || made;
    // One that moves down is taken out of the way, instead of moving all others past it.
    if (next && row === next.nextElementSibling) { box.append(next); next = row; }
    if (row === next) next = next.nextElementSibling;
    else box.insertBefore(row, next);
  }
}
