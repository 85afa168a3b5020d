// What all live views share: the frame around them, and when they are drawn. Each view has a `body(main, model)` that
// returns how to `update` it and, where that is needed, how to `remove` it.

function make(name, kind, parent, text) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (text !== undefined) made.textContent = text;
  if (parent) parent.appendChild(made);
  return made;
}

function drawing(name, attributes, parent) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (parent) parent.appendChild(made);
  return made;
}

// Sets a text only where it changes, so that the browser lays out what has changed and no more.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function clock(ms, digits = 0) {
  return new Date(ms).toISOString().slice(11, digits ? 20 + digits : 19);
}

// A number as people read it: 12,345.6, 1.23 M.
function short(value) {
  const size = Math.abs(value);
  for (const [unit, name] of [[1e9, " B"], [1e6, " M"], [1e4, " k"]])
    if (size >= unit) return (value / (unit === 1e4 ? 1e3 : unit)).toLocaleString("en-US", { maximumFractionDigits: size >= unit * 10 ? 1 : 2 }) + name;
  return value.toLocaleString("en-US", { maximumFractionDigits: size >= 100 ? 0 : size >= 1 ? 2 : 4 });
}

function grouped(number) {
  const [whole, part] = number.split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? "." + part : "");
}

// A number not below another that reads well, and whose quarters do.
function round(value) {
  const power = 10 ** Math.floor(Math.log10(value / 4 || 1));
  return 4 * power * [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((step) => 4 * power * step >= value);
}

// The end of an axis: it grows at once and shrinks late, so that the picture does not breathe.
function fitting() {
  let top = 0;
  return (most) => {
    if (most > top || most < top * 0.5) top = most * 1.15;
    return top || 1;
  };
}

function render({ model, el }) {
  const root = make("div", "bybit-ws-live bybit-ws-" + model.get("kind"), el);
  const head = make("div", "head", root);
  make("span", "title", head, model.get("title"));
  make("span", "note", head, model.get("note"));
  const why = make("span", "why", head);
  const badge = make("span", "badge", head);
  const stop = make("button", "stop", head);
  stop.title = "Stop this view";
  stop.setAttribute("aria-label", "Stop this view");
  stop.onclick = () => {
    stop.disabled = true; // a busy kernel hears it when its cell has ended
    model.send({ do: "stop" });
    tell();
  };
  const main = make("div", "main", root);
  const part = body(main, model);
  const never = make("div", "never", root); // in the place of an empty frame, where it failed before it was live

  // Where the kernel is gone, or was never there as in a saved notebook, nobody can tell that the view has ended, but
  // the widget manager knows: its model has a comm that lives, or not.
  let cut = false, broken = "";
  const look = async () => {
    const models = Object.values((model.widget_manager || {})._models || {});
    const known = (await Promise.allSettled(models)).map((one) => one.value).filter(Boolean);
    const own = known.find((one) => one.get("options") === model.get("options"));
    cut = Boolean(own) && own.comm_live === false;
    tell();
  };
  const tell = () => {
    let state = model.get("state");
    const over = state === "ended" || state === "failed";
    if (!over && cut) state = "ended";
    if (!over && broken) state = "failed";
    root.dataset.state = state;
    root.classList.toggle("unshown", over && !Object.keys(model.get("frame")).length);
    say(never, over ? model.get("reason") : "");
    say(badge, stop.disabled && !over ? "stopping" : state);
    why.title = over ? model.get("reason") : "";
    say(why, over ? model.get("reason") : broken || (state === "ended" ? "no kernel" : ""));
    stop.style.display = state === "ended" || state === "failed" ? "none" : "";
  };
  const draw = () => {
    if (broken || stop.disabled) return;
    try {
      part.update(model.get("frame"));
    } catch (error) {
      broken = String(error);
      model.send({ do: "fail", why: broken });
    }
    tell();
  };
  let asked = false;
  const later = () => {
    if (asked) return;
    asked = true; // a page that nobody sees is not drawn
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
  for (const name of ["frame", "history"]) model.on("change:" + name, later);
  for (const name of ["state", "reason"]) model.on("change:" + name, tell);
  model.on("comm_live_update", look);
  draw();
  look();
  return () => {
    model.off("comm_live_update", look);
    for (const name of ["frame", "history"]) model.off("change:" + name, later);
    for (const name of ["state", "reason"]) model.off("change:" + name, tell);
    if (part.remove) part.remove();
  };
}

export default { render };
